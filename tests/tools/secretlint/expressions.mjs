// Prints the regular expressions of secretlint's recommended rules as JSON: [{rule, source, flags}].
// They are read from the installed package's source map, rule by rule, and compiled once to make sure of them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(import.meta.resolve("@secretlint/secretlint-rule-preset-recommend"));
const map = JSON.parse(readFileSync(`${entry}.map`, "utf8"));

// A literal starts where an expression may start; strings, templates and comments are stepped over.
const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[=(,:[!&|?{};\n]\s*|return\s+)\/(?<source>(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/(?<flags>[a-z]*)/g;
const raw = /new RegExp\(String\.raw\s*`(?<source>[^`]*)`,\s*"(?<flags>[a-z]*)"\)/g;
const constant = /const (?<name>[A-Z]+) = (?:String\.raw\s*`(?<raw>[^`]*)`|"(?<text>[^"]*)")/g;

const found = [];
map.sources.forEach((name, index) => {
    const rule = /secretlint-rule-(?<rule>[\w-]+)\/module\/index\.js$/.exec(name)?.groups.rule;
    if (!rule || rule === "filter-comments") {
        return;
    }
    const text = map.sourcesContent[index];
    for (const match of text.matchAll(token)) {
        if (match.groups.source) {
            found.push({ rule, source: match.groups.source, flags: match.groups.flags });
        }
    }
    const constants = new Map([...text.matchAll(constant)].map((m) => [m.groups.name, m.groups.raw ?? JSON.parse(`"${m.groups.text}"`)]));
    for (const match of text.matchAll(raw)) {
        const source = match.groups.source.replace(/\$\{(\w+)\}/g, (_, key) => constants.get(key) ?? "");
        found.push({ rule, source, flags: match.groups.flags });
    }
});
for (const { source, flags } of found) {
    new RegExp(source, flags);
}
process.stdout.write(JSON.stringify(found, null, 1));
