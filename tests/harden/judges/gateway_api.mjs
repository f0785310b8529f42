// What the schemas of Gateway API, which a package of npm carries compiled, have against objects: `node gateway_api.mjs FOLDER`
// with a list of [path, object] as JSON on standard input; prints a list of [path, rule, message].
//
// The schemas let fields pass that they do not know, so each value of an object is replaced by one of another type in turn:
// where nothing is said of that, nothing is known of the field.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const SCHEMAS = `${process.argv[2]}/node_modules/@kubernetes-models/gateway-api/_schemas`;

async function validator(object) {
  const version = object.apiVersion.split("/")[1];
  const name = `IoK8sSigsGatewayApiApisV${version.slice(1)}${object.kind}`;
  try {
    return (await import(pathToFileURL(`${SCHEMAS}/${name}.js`))).validate;
  } catch {
    return null;
  }
}

function* leaves(value, path) {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0) {
    yield path;
    return;
  }
  for (const key of Object.keys(value)) yield* leaves(value[key], [...path, key]);
}

function replaced(object, path) {
  const copy = structuredClone(object);
  const place = path.slice(0, -1).reduce((value, key) => value[key], copy);
  const last = path.at(-1);
  place[last] = typeof place[last] === "object" ? 7.5 : [];
  return copy;
}

function* judged(path, object, validate) {
  if (!validate(object)) {
    for (const error of validate.errors) yield [path, "schema", `${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`];
    return;
  }
  for (const leaf of leaves(object.spec, ["spec"])) {
    if (validate(replaced(object, leaf))) yield [path, "field", `${leaf.join(".")} is not a field of ${object.kind}`];
  }
}

const found = [];
for (const [path, object] of JSON.parse(readFileSync(0, "utf8"))) {
  const validate = await validator(object);
  if (validate === null) found.push([path, "kind", `${object.apiVersion} ${object.kind}`]);
  else found.push(...judged(path, object, validate));
}
console.log(JSON.stringify(found));
