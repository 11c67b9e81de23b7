// Markdown as models write it, made into elements. Texts become text nodes and never markup, so
// that nothing in an answer can act on the page.

const element = (name, ...inside) => {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
};

const INLINE = /(`+)([\s\S]*?[^`])\1(?!`)|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:[^)\s]+)\)/;

function inline(text) {
  const parts = [];
  let found;
  while ((found = INLINE.exec(text))) {
    parts.push(text.slice(0, found.index));
    const [, , code, bold, slanted, label, address] = found;
    if (code !== undefined) parts.push(element("code", code));
    else if (bold !== undefined) parts.push(element("strong", ...inline(bold)));
    else if (slanted !== undefined) parts.push(element("em", ...inline(slanted)));
    else {
      const link = element("a", label);
      link.href = address;
      link.rel = "noreferrer noopener";
      link.target = "_blank";
      parts.push(link);
    }
    text = text.slice(found.index + found[0].length);
  }
  parts.push(text);
  return parts;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
const row = (line, name) => element("tr", ...cells(line).map((cell) => element(name, ...inline(cell))));
const isList = (line) => /^\s*([-*+]|\d+[.)])\s+/.test(line);
const isRule = (line) => /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(line);

/** The elements of a text. */
export function render(text) {
  const lines = text.split("\n");
  const made = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = /^\s*(```+|~~~+)/.exec(line);
    const heading = /^(#{1,6})\s+(.*)/.exec(line);
    if (fence) {
      const inside = [];
      for (at += 1; at < lines.length && !lines[at].trim().startsWith(fence[1]); at += 1) inside.push(lines[at]);
      made.push(element("pre", element("code", inside.join("\n"))));
      at += 1;
    } else if (!line.trim()) {
      at += 1;
    } else if (heading) {
      made.push(element(`h${Math.min(heading[1].length, 3)}`, ...inline(heading[2])));
      at += 1;
    } else if (line.includes("|") && at + 1 < lines.length && lines[at + 1].includes("|") && isRule(lines[at + 1])) {
      const table = element("table", row(line, "th"));
      for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) table.append(row(lines[at], "td"));
      made.push(table);
    } else if (isList(line)) {
      const list = element(/^\s*\d/.test(line) ? "ol" : "ul");
      for (; at < lines.length && (isList(lines[at]) || /^\s{2,}\S/.test(lines[at])); at += 1) {
        if (isList(lines[at])) list.append(element("li", ...inline(lines[at].replace(/^\s*([-*+]|\d+[.)])\s+/, ""))));
        else list.lastChild.append(element("br"), ...inline(lines[at].trim()));
      }
      made.push(list);
    } else if (/^\s*>/.test(line)) {
      const inside = [];
      for (; at < lines.length && /^\s*>/.test(lines[at]); at += 1) inside.push(lines[at].replace(/^\s*>\s?/, ""));
      made.push(element("blockquote", ...render(inside.join("\n"))));
    } else {
      const inside = [];
      const ends = (next) => !next.trim() || /^\s*(```|~~~|#{1,6}\s|>)/.test(next) || isList(next);
      do inside.push(lines[at]); while (++at < lines.length && !ends(lines[at]));
      made.push(element("p", ...inline(inside.join("\n"))));
    }
  }
  return made;
}
