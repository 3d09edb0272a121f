import json
import sys

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def deref(doc, x):
    if "$ref" not in x:
        return x
    _, *steps = x["$ref"].split("/")
    target = doc
    for s in steps:
        target = target[s]
    return deref(doc, target)


def json_schema(doc, content):
    s = deref(doc, content.get("application/json", {}).get("schema", {}))
    if s.get("type") == "array":
        return deref(doc, s["items"])
    return s


def ops(doc):
    for path, item in doc["paths"].items():
        for method in METHODS & set(item):
            params = [deref(doc, p) for p in item.get("parameters", []) + item[method].get("parameters", [])]
            yield f"{method.upper()} {path}", item[method], params


def breaking_changes(old, new):
    out = []
    current = {name: (op, params) for name, op, params in ops(new)}
    for name, op, params in ops(old):
        if name not in current:
            out.append(f"Operation {name} was removed.")
            continue
        op2, params2 = current[name]
        if op["operationId"] != op2["operationId"]:
            out.append(f"{name} changed its operationId from {op['operationId']} to {op2['operationId']}.")
        before = {(p["in"], p["name"]) for p in params if p.get("required")}
        for p in params2:
            if p.get("required") and (p["in"], p["name"]) not in before:
                out.append(f"{name} now requires the {p['in']} parameter {p['name']}.")
        was = json_schema(old, op.get("requestBody", {}).get("content", {})).get("required", [])
        now = json_schema(new, op2.get("requestBody", {}).get("content", {})).get("required", [])
        out += [f"{name} now requires {f} in the body." for f in now if f not in was]
        for status, r in op["responses"].items():
            if "200" <= status < "300" and status in op2["responses"]:
                was = json_schema(old, r.get("content", {})).get("properties", {})
                now = json_schema(new, op2["responses"][status].get("content", {})).get("properties", {})
                out += [f"{name} no longer answers {f} ({status})." for f in was if f not in now]
    return out


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f1, open(sys.argv[2], encoding="utf-8") as f2:
        found = breaking_changes(json.load(f1), json.load(f2))
    sys.exit("\n".join(found) or None)
