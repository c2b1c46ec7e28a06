/** An XML element's children: text, or elements by name; a list is the element repeated; absent is left out. */
export type XmlContent = string | number | boolean | XmlChildren | readonly XmlChildren[] | undefined;

export interface XmlChildren {
  readonly [name: string]: XmlContent;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Writes a document with one root element. */
export function writeXml(root: string, children: XmlChildren, namespace?: string): string {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `${DECLARATION}<${root}${attributes}>${writeChildren(children)}</${root}>`;
}

function writeChildren(children: XmlChildren): string {
  return Object.entries(children)
    .map(([name, content]) => writeElement(name, content))
    .join('');
}

function writeElement(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (isList(content)) return content.map((item) => writeElement(name, item)).join('');
  const inner = typeof content === 'object' ? writeChildren(content) : escapeXml(String(content));
  return `<${name}>${inner}</${name}>`;
}

function isList(content: XmlContent): content is readonly XmlChildren[] {
  return Array.isArray(content);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}
