// Makes the page from openapi.json. Everything is put in as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
// Lists longer than this are folded.
const LONG = 16;

// An element with attributes and children; a child may be a node, a text, nothing, or a list.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// The two marks that descriptions use: `code` and *stress*.
function prose(text) {
  return text.split(/(`[^`]+`|\*[^*]+\*)/).map((part) => {
    if (part.length > 2 && part.startsWith("`")) return make("code", {}, part.slice(1, -1));
    if (part.length > 2 && part.startsWith("*")) return make("em", {}, part.slice(1, -1));
    return part;
  });
}

function paragraphs(text, name) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => make("p", { class: name }, prose(part)));
}

class Page {
  constructor(api) {
    this.api = api;
  }

  // What a reference stands for; a description beside the reference counts.
  found(value) {
    const { $ref, ...beside } = value;
    if (!$ref) return value;
    const target = $ref.slice(2).split("/").reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], this.api);
    return { ...this.found(target), ...beside };
  }

  // "array of User", with links.
  type(schema) {
    if (schema === undefined || schema === true) return "anything";
    if (schema.$ref) {
      const name = schema.$ref.split("/").pop();
      return make("a", { href: `#schema-${name}` }, name);
    }
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    const choices = (schema.anyOf ?? []).filter((choice) => choice.type !== "null");
    if (choices.length > 0 && !schema.properties) {
      return choices.flatMap((choice, at) => (at > 0 ? [" or ", this.type(choice)] : [this.type(choice)]));
    }
    const kinds = [schema.type ?? (schema.properties ? "object" : "anything")].flat().filter((kind) => kind !== "null");
    if (kinds[0] === "array") return schema.items ? ["list of ", this.type(schema.items)] : "list";
    return schema.format && kinds[0] === "string" ? `${kinds.join(" or ")} (${schema.format})` : kinds.join(" or ");
  }

  // Bounds, default and choices, as one line.
  limits(schema) {
    const said = [];
    const { minimum, maximum } = schema;
    const far = maximum === undefined || maximum > Number.MAX_SAFE_INTEGER;
    if (minimum !== undefined) said.push(far ? `at least ${minimum}` : `${minimum} to ${maximum}`);
    if (schema.maxItems) said.push(`at most ${schema.maxItems}`);
    if (schema.default !== undefined) said.push(`default ${schema.default}`);
    const words = (schema.enum ?? []).filter((word) => word !== null);
    if (words.length > 0 && words.length <= LONG) said.push(`one of ${words.join(", ")}`);
    if (schema.examples) said.push(`such as ${schema.examples.join(", ")}`);
    return said.length > 0 && make("p", { class: "limits" }, said.join(" · "));
  }

  row(name, schema, { description, must, place } = {}) {
    const shown = this.found(schema);
    // What a named schema says is said where it stands.
    const about = description ?? schema.description ?? (schema.$ref ? undefined : shown.description);
    const ours = schema["x-headcount-extension"];
    return make("div", { class: "row" },
      make("div", { class: "name" },
        make("code", {}, name), must && make("span", { class: "must" }, must),
        make("span", { class: "type" }, this.type(schema), place && ` · ${place}`),
        ours && make("span", { class: "badge" }, "extension")),
      make("div", { class: "what" }, paragraphs(about ?? shown.description), this.limits(shown)));
  }

  rows(schema) {
    const members = Object.entries(schema.properties ?? {});
    if (members.length === 0) return [];
    const must = schema.required ?? [];
    return [make("div", { class: "rows" }, members.map(([name, member]) => this.row(name, member, { must: must.includes(name) && "required" })))];
  }

  json(value) {
    const text = JSON.stringify(value, null, 2);
    const parts = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\b\d[\d.eE+-]*\b|\btrue\b|\bfalse\b|\bnull\b)/);
    return make("div", { class: "text" }, make("pre", {}, parts.map((part, at) => {
      if (at % 2 === 0 || part.endsWith(":")) return part;
      return make("span", { class: part.startsWith("\"") ? "t" : "n" }, part);
    })));
  }

  line(text) {
    const button = navigator.clipboard && make("button", { type: "button" }, "Copy");
    button?.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    return make("div", { class: "text" }, make("pre", { class: "line" }, text), button);
  }

  curl(method, path, operation, example, kind) {
    const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const query = [];
    let place = path;
    for (const parameter of (operation.parameters ?? []).map((one) => this.found(one))) {
      const sample = parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value;
      if (parameter.in === "path") place = place.replace(`{${parameter.name}}`, sample);
      else if (parameter.in === "query" && parameter.required) query.push(`${parameter.name}=${encodeURIComponent(sample)}`);
    }
    const words = ["curl"];
    const security = operation.security ?? this.api.security;
    if (security.some((way) => "bearer" in way)) words.push("-H \"Authorization: Bearer $TOKEN\"");
    if (kind === "application/json") words.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(example))}`);
    else if (kind) {
      if (!("client_id" in example)) words.push("-u \"$CLIENT_ID:$CLIENT_SECRET\"");
      words.push(...Object.entries(example).map(([name, value]) => `-d ${name === "grant_type" ? `${name}=${value}` : `"${name}=$${name.toUpperCase()}"`}`));
    }
    words.push(quoted(location.origin + place + (query.length > 0 ? `?${query.join("&")}` : "")));
    return this.line(words.join(" "));
  }

  request(method, path, operation) {
    if (!operation.requestBody) return [make("h4", {}, "Example"), this.curl(method, path, operation)];
    const [kind, body] = Object.entries(operation.requestBody.content)[0];
    return [
      make("h4", {}, "Body"),
      make("p", {}, make("code", {}, kind), ": ", this.type(body.schema)),
      this.rows(this.found(body.schema)),
      make("h4", {}, "Examples"),
      Object.values(body.examples ?? {}).map((example, at) => make("details", { open: at === 0 && "" },
        make("summary", {}, example.summary),
        paragraphs(example.description),
        kind === "application/json" && this.json(example.value),
        this.curl(method, path, operation, example.value, kind))),
    ];
  }

  response(status, response) {
    const shown = this.found(response);
    const headers = Object.entries(shown.headers ?? {});
    const contents = Object.entries(shown.content ?? {});
    const examples = contents.flatMap(([, content]) => Object.entries(content.examples ?? {}));
    const codes = [...new Set(examples.map(([, example]) => example.value?.code).filter(Boolean))];
    return make("div", { class: "row" },
      make("div", { class: "name" },
        make("span", { class: status < 400 ? "status fine" : "status" }, status),
        make("span", { class: "type" }, contents.map(([kind, content]) => (kind === "application/json" ? this.type(content.schema) : kind)))),
      make("div", { class: "what" },
        paragraphs(shown.description),
        codes.length > 0 && make("p", { class: "limits" }, codes.join(", ")),
        headers.length > 0 && make("details", {}, make("summary", {}, "Headers"),
          make("div", { class: "rows" }, headers.map(([name, header]) => {
            const told = this.found(header);
            return this.row(name, told.schema, { description: told.description, must: told.required && "always" });
          }))),
        examples.length > 0 && make("details", {}, make("summary", {}, examples.length > 1 ? "Examples" : "Example"),
          examples.map(([, example]) => [example.summary && make("p", {}, example.summary), this.json(example.value)]))));
  }

  operation(method, path, operation) {
    const parameters = (operation.parameters ?? []).map((parameter) => this.found(parameter));
    const responses = Object.entries(operation.responses);
    const bad = responses.filter(([status]) => status >= 400);
    return make("article", { id: operation.operationId },
      make("h3", {},
        make("span", { class: `method ${method}` }, method.toUpperCase()),
        make("a", { href: `#${operation.operationId}` }, make("code", {}, path)),
        operation["x-headcount-extension"] && make("span", { class: "badge" }, "extension")),
      paragraphs(operation.summary, "summary"),
      paragraphs(operation.description),
      parameters.length > 0 && [make("h4", {}, "Parameters"), make("div", { class: "rows" },
        parameters.map((parameter) => this.row(parameter.name,
          { ...parameter.schema, "x-headcount-extension": parameter["x-headcount-extension"] },
          { description: parameter.description, must: parameter.required && "required", place: parameter.in })))],
      this.request(method, path, operation),
      make("h4", {}, "Answers"),
      make("div", { class: "rows" }, responses.filter(([status]) => status < 400).map((one) => this.response(...one))),
      make("details", {}, make("summary", {}, `Errors (${bad.map(([status]) => status).join(", ")})`),
        make("div", { class: "rows" }, bad.map((one) => this.response(...one)))));
  }

  schema(name, schema) {
    const words = (schema.enum ?? []).filter((word) => word !== null);
    const choices = schema.anyOf ?? [];
    const list = make("ul", { class: "words" }, words.map((word) => make("li", {}, make("code", {}, word))));
    return make("article", { id: `schema-${name}` },
      make("h3", {}, make("a", { href: `#schema-${name}` }, make("code", {}, name)),
        schema["x-headcount-extension"] && make("span", { class: "badge" }, "extension")),
      paragraphs(schema.description),
      choices.length > 0 && make("p", {}, "Any of: ", choices.map((choice, at) => {
        if (!choice.$ref) return undefined;
        return at > 0 ? [", ", this.type(choice)] : this.type(choice);
      })),
      this.rows(schema),
      words.length > LONG
        ? make("details", {}, make("summary", {}, `${words.length} names`), list)
        : words.length > 0 && list,
      schema.pattern && make("p", {}, "Pattern: ", make("code", {}, schema.pattern)),
      !schema.properties && schema.examples && this.limits({ examples: schema.examples }));
  }

  // Chapters, each with the entries of the contents and the articles they lead to.
  chapters() {
    const operations = Object.entries(this.api.paths).flatMap(([path, item]) =>
      Object.keys(item).filter((key) => METHODS.includes(key)).map((method) => [method, path, item[method]]));
    const chapters = this.api.tags.map((tag) => ({
      title: tag.name,
      about: tag.description,
      parts: operations.filter(([, , operation]) => operation.tags.includes(tag.name)).map(([method, path, operation]) => ({
        words: JSON.stringify([path, operation]),
        label: [make("span", { class: `method ${method}` }, method.toUpperCase()), make("span", {}, path.replace("/api/v2", ""))],
        article: this.operation(method, path, operation),
      })),
    }));
    chapters.push({
      title: "Schemas",
      about: "What bodies, parameters and answers are made of.",
      parts: Object.entries(this.api.components.schemas).map(([name, schema]) => ({
        words: JSON.stringify([name, schema]),
        label: [make("span", {}, name)],
        article: this.schema(name, schema),
      })),
    });
    return chapters;
  }

  show(main, contents) {
    const { info } = this.api;
    main.append(make("header", {},
      make("h1", {}, `${info.title} API`),
      make("p", { class: "lead" }, info.summary),
      paragraphs(info.description),
      make("p", {}, "The same for programs: ", make("a", { href: "openapi.json" }, "openapi.json"), ` (OpenAPI ${this.api.openapi}).`)));
    return this.chapters().map(({ title, about, parts }) => {
      const heading = make("h2", { class: "chapter" }, title);
      const section = make("section", {}, heading, paragraphs(about));
      const list = make("ul");
      for (const part of parts) {
        part.entry = make("li", {}, make("a", { href: `#${part.article.id}` }, part.label));
        part.words = part.words.toLowerCase();
        section.append(part.article);
        list.append(part.entry);
      }
      const group = make("div", {}, make("h2", {}, title), list);
      contents.append(group);
      main.append(section);
      return { section, group, parts };
    });
  }
}

// Shows the parts in which every word of the search stands.
function search(chapters, text, aside, said) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { section, group, parts } of chapters) {
    let any = false;
    for (const part of parts) {
      const fits = words.every((word) => part.words.includes(word));
      part.article.hidden = !fits;
      part.entry.hidden = !fits;
      any ||= fits;
      count += fits ? 1 : 0;
    }
    section.hidden = !any;
    group.hidden = !any;
  }
  aside.classList.toggle("searching", words.length > 0);
  said.textContent = words.length === 0 ? "" : count === 0 ? "Nothing has all these words." : count === 1 ? "One part." : `${count} parts.`;
}

async function start() {
  const main = document.getElementById("content");
  let api;
  try {
    const answer = await fetch("openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    api = await answer.json();
  } catch (error) {
    main.append(make("p", {}, `openapi.json could not be read (${error.message}).`));
    return;
  }
  const chapters = new Page(api).show(main, document.getElementById("contents"));
  const find = document.getElementById("find");
  const aside = find.closest("aside");
  const ask = () => search(chapters, find.value, aside, document.getElementById("found"));
  find.addEventListener("input", ask);
  // A link to a part that the search hides, or from the list on a phone, ends the search.
  addEventListener("hashchange", () => {
    if (aside.contains(document.activeElement)) document.activeElement.blur();
    if (find.value && (document.getElementById(location.hash.slice(1))?.hidden || matchMedia("(max-width: 56rem)").matches)) {
      find.value = "";
      ask();
    }
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== find && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      find.focus();
    } else if (event.key === "Escape" && document.activeElement === find) {
      find.value = "";
      ask();
    }
  });
  // The browser looked for the part before it was there.
  if (location.hash) location.replace(location.hash);
}

start();
