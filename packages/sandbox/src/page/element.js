// @ts-check
/**
 * Building and patching DOM without ever parsing HTML: text from a message can only become a text node, so nothing
 * a bot or a person writes can turn into markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, (event: any) => void>} Listeners */
/** @typedef {{ on?: Listeners, [attribute: string]: string | number | boolean | null | undefined | Listeners }} Attributes */

/** Attributes a person changed by hand (a revealed spoiler, an opened detail): a redraw leaves them as they are. */
const KEPT = new Set(['data-revealed', 'open'])

/**
 * Makes an element. `on` takes listeners by event name; `value`, `checked`, `disabled` … are set as attributes when
 * true or a string, left out when false, null or undefined.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  const { on, ...rest } = attributes
  for (const [name, value] of Object.entries(rest)) {
    if (value === false || value === null || value === undefined || typeof value === 'object') continue
    made.setAttribute(name, value === true ? '' : String(value))
  }
  for (const [name, listener] of Object.entries(on ?? {})) made.addEventListener(name, listener)
  made.append(...nodes(children))
  return made
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  /** @type {(Node | string)[]} */
  const flat = []
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue
    flat.push(typeof child === 'number' ? String(child) : child)
  }
  return flat
}

/**
 * A small line drawing, so that the page needs no icon font and no emoji.
 * @param {string} path the `d` of one SVG path in a 20 × 20 box
 * @returns {SVGElement}
 */
export function icon(path) {
  const namespace = 'http://www.w3.org/2000/svg'
  const drawing = document.createElementNS(namespace, 'svg')
  drawing.setAttribute('viewBox', '0 0 20 20')
  drawing.setAttribute('class', 'icon')
  drawing.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS(namespace, 'path')
  line.setAttribute('d', path)
  drawing.append(line)
  return drawing
}

/**
 * Makes `before` look like `after` while keeping every node that can stay: a growing answer keeps its selection, its
 * loaded images and its focused button. Nodes with different `data-key` are different things and are never merged.
 * Listeners are not carried over, so what is morphed listens by delegation.
 * @param {Node} before in the document
 * @param {Node} after freshly drawn; its parts may be moved away
 * @returns {Node} the node that now stands in the document
 */
export function morph(before, after) {
  if (!sameThing(before, after)) {
    before.parentNode?.replaceChild(after, before)
    return after
  }
  if (before instanceof Element && after instanceof Element) {
    copyAttributes(before, after)
    morphChildren(before, [...after.childNodes])
  } else if (before.nodeValue !== after.nodeValue) {
    before.nodeValue = after.nodeValue
  }
  return before
}

/**
 * Makes the children of `parent` look like `wanted`, in order.
 * @param {Element} parent
 * @param {Node[]} wanted
 */
export function morphChildren(parent, wanted) {
  /** @type {Map<string, Element>} */
  const keyed = new Map()
  for (const child of parent.children) {
    const key = child.getAttribute('data-key')
    if (key !== null) keyed.set(key, child)
  }
  const staying = new Set(wanted.map((node) => (node instanceof Element ? node.getAttribute('data-key') : null)))
  // What goes is taken out first: then what stays need not be moved, and moving would take the focus away.
  for (const [key, child] of keyed) if (!staying.has(key)) child.remove()
  let here = parent.firstChild
  for (const next of wanted) {
    const key = next instanceof Element ? next.getAttribute('data-key') : null
    const known = key === null ? undefined : keyed.get(key)
    if (known) {
      if (known === here) here = here.nextSibling
      else parent.insertBefore(known, here)
      if (known !== next) morph(known, next)
    } else if (here && key === null && sameThing(here, next)) {
      const following = here.nextSibling
      morph(here, next)
      here = following
    } else {
      parent.insertBefore(next, here)
    }
  }
  while (here) {
    const following = here.nextSibling
    here.remove()
    here = following
  }
}

/**
 * @param {Node} one
 * @param {Node} other
 */
function sameThing(one, other) {
  if (one.nodeType !== other.nodeType || one.nodeName !== other.nodeName) return false
  if (!(one instanceof Element) || !(other instanceof Element)) return true
  return one.getAttribute('data-key') === other.getAttribute('data-key')
}

/**
 * @param {Element} before
 * @param {Element} after
 */
function copyAttributes(before, after) {
  for (const { name, value } of after.attributes) {
    if (!KEPT.has(name) && before.getAttribute(name) !== value) before.setAttribute(name, value)
  }
  for (const { name } of Array.from(before.attributes)) {
    if (!KEPT.has(name) && !after.hasAttribute(name)) before.removeAttribute(name)
  }
}
