// Texts that were made to break a page, and an org of people who bear them.

const long = 'Endless '.repeat(625).trimEnd();

/** By what they try. */
export const TEXTS = {
  script: '<script>alert(1)</script>',
  image: `"'><img src=x onerror=alert(1)>`,
  attribute: `" onmouseover="alert(1)" autofocus onfocus="alert(1)" x="`,
  closing: '</title></textarea></script></style><svg onload=alert(1)>',
  template: '{{7*7}} ${7*7} <%= 7*7 %> {% raw %}',
  entity: '&lt;b&gt; &amp; &#60;script&#62; &notin;',
  quotes: `O'Brien "Bob" \`Li\` \\ „x“ ‚y‘`,
  link: 'javascript:alert(1)//https://evil.example/?a=1&b=2#c',
  formula: '=HYPERLINK("http://evil.example";"x")',
  arabic: 'محمد عبد الله العتيبي (٣)',
  // Turns what follows it around, if it is let out of its place.
  override: '\u202Etxt.exe\u2066 Mixed שלום 12',
  emoji: '👩🏽‍💻🏳️‍🌈 Zoë 👨‍👩‍👧‍👦',
  accents: `Z${'\u0351\u0346\u034a\u0310'.repeat(6)}algo`,
  spaces: 'a\u00a0\u00a0b \u200b\u200b c',
  unbroken: 'W'.repeat(5000),
  long,
  cjk: '山田太郎'.repeat(60),
};

const id = (place, kind = 'a') => `${kind.repeat(8)}-0000-4000-8000-${String(place).padStart(12, '0')}`;

/** Who they are; each has the next text as another attribute, so that all stand in all places. */
export const PEOPLE = Object.keys(TEXTS).flatMap((_, place, names) =>
  [0, 1, 2].map((turn) => {
    const text = (shift) => TEXTS[names[(place + shift * (turn + 1)) % names.length]];
    const number = turn * names.length + place;
    const division = { id: id((place + turn) % names.length, 'd'), name: TEXTS[names[(place + turn) % names.length]] };
    return {
      id: id(number),
      name: TEXTS[names[place]],
      division,
      department: text(1),
      title: text(2),
      email: `${names[place]}.${turn}@example.com`,
      username: `${names[place]}.${turn}@example.com`,
      state: ['active', 'active', 'inactive'][turn],
      preferredName: text(3),
      // The first is above all, the others each above a few.
      ...(number > 0 && { manager: { id: id(Math.floor((number - 1) / 4)) } }),
      version: 1,
    };
  }),
);

/** A scenario of the sandbox with these people in it, word for word. */
export function scenario() {
  // What JSON writes in quotes TOML reads, but for this one sign.
  const quoted = (text) => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
  return PEOPLE.map((person) => `[[user]]\ndocument = ${quoted(JSON.stringify(person))}\n`).join('\n');
}
