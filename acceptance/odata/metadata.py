"""The metadata beside the schemas of OASIS."""

import json
import subprocess

import jsonschema
from lxml import etree

CONVERT = """
const csdl = require(process.argv[1] + "/node_modules/odata-csdl/lib/xml2json.js");
const xml = require("fs").readFileSync(0);
process.stdout.write(JSON.stringify(csdl.xml2json(xml, { strict: true })));
"""


def ascii_only(schema):
    """The patterns of the schema for names of ASCII letters, which is all that ours have: Python knows
    no classes of Unicode."""
    for name, letters in {"L": "[A-Za-z]", "Nd": "[0-9]"}.items():
        schema = schema.replace(f"\\\\p{{{name}}}", letters)
    for name in ["Nl", "Mn", "Mc", "Pc", "Cf"]:
        schema = schema.replace(f"|\\\\p{{{name}}}", "")
    return schema


def check_metadata(feed, modules):
    schemas = modules / "node_modules/odata-csdl/schemas"
    session = feed.session()
    xml = session.get(feed.root + "$metadata").content
    schema = etree.XMLSchema(etree.parse(str(schemas / "edmx.xsd")))
    schema.assertValid(etree.fromstring(xml))
    feed.compared += 1

    told = session.get(feed.root + "$metadata", params={"$format": "json"}).json()
    jsonschema.validate(told, json.loads(ascii_only((schemas / "csdl.schema.json").read_text())))
    feed.compared += 1

    # What the converter of the technical committee makes of the one is the other.
    command = ["node", "-e", CONVERT, str(modules)]
    run = subprocess.run(command, input=xml, capture_output=True, check=True)
    converted = json.loads(run.stdout)
    told["$Version"] = converted["$Version"]
    feed.same("the two forms of the metadata", told, converted)
