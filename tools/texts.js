// Makes docs/TEXTS.md, the list of everything the product says to people, from the catalogues: `node tools/texts.js` checks it
// (part of `npm run check`), `node tools/texts.js --write` writes it anew. Each text stands with its place in the code, in
// English and in Korean, so that all of them can be read in one go.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { parseSync } from 'oxc-parser'

const root = join(import.meta.dirname, '..')
const list = join(root, 'docs', 'TEXTS.md')

/** @typedef {{ en: string[], ko: string[] }} Said */
/** @typedef {Record<string, any>} Node a node of the syntax tree */

/** Arguments of these are no words. */
const wordless = new Set([
  'moment',
  'includes',
  'join',
  'replaceAll',
  'replace',
  'split',
  'startsWith',
  'endsWith',
  'tierEnding',
])
/** Nor is what is compared. */
const comparing = new Set(['===', '!==', 'in', '<', '>'])

/** By part of the product, then by place. @type {Map<string, Map<string, Said>>} */
const parts = new Map()
for (const file of globSync(
  [
    'src/locales/!(catalogue).ts',
    'src/features/*/{words,en,ko}.ts',
    'packages/sandbox/src/page/words.js',
    'src/web/page/client/words.js',
  ],
  { cwd: root },
).sort()) {
  const part = file.replace(/(-|\/)(en|ko)\.ts$/, '').replace(/\/words\.(ts|js)$/, '')
  const fixed = /(?:-|\/)(en|ko)\.ts$/.exec(file)?.[1] ?? null
  const texts = parts.get(part) ?? new Map()
  parts.set(part, texts)
  const { program } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  walk(program, [], (path, text) => {
    const [first] = path
    const locale = fixed ?? (first === 'en' || first === 'ko' ? first : /[가-힣]/.test(text) ? 'ko' : 'en')
    const place = path
      .slice(first === 'en' || first === 'ko' ? 1 : 0)
      .map((each) => each.replace(/In(English|Korean)$/, '').replace(/^(english|korean)(?=[A-Z]|$)/i, ''))
      .filter(Boolean)
      .join('.')
    const said = texts.get(place) ?? { en: [], ko: [] }
    texts.set(place, said)
    said[locale].push(text)
  })
}

const page = pageOf()
if (argv.includes('--write')) {
  writeFileSync(list, page)
} else if (readFileSync(list, 'utf8') !== page) {
  console.error('docs/TEXTS.md is not what the catalogues say: npm run texts')
  exit(1)
}

/**
 * @param {any} node
 * @param {string[]} path
 * @param {(path: string[], text: string) => void} found
 */
function walk(node, path, found) {
  if (Array.isArray(node)) return node.forEach((each) => walk(each, path, found))
  if (node === null || typeof node !== 'object' || typeof node.type !== 'string') return
  if (node.type.startsWith('TS') && node.expression === undefined) return
  switch (node.type) {
    case 'ImportDeclaration':
      return
    case 'VariableDeclarator':
      return walk(node.init, [...path, node.id.name ?? ''], found)
    case 'FunctionDeclaration':
      return walk(node.body, [...path, node.id.name], found)
    case 'Property':
      return walk(node.value, node.computed ? path : [...path, String(node.key.name ?? node.key.value)], found)
    case 'SwitchCase':
      return walk(node.consequent, node.test === null ? path : [...path, String(node.test.value)], found)
    case 'MemberExpression':
      return walk(node.object, path, found)
    case 'CallExpression': {
      const name = node.callee.property?.name ?? node.callee.name
      walk(node.callee, path, found)
      if (!wordless.has(name)) walk(node.arguments, path, found)
      return
    }
    case 'BinaryExpression':
      if (comparing.has(node.operator)) return
      break
    case 'IfStatement':
      walk(node.consequent, path, found)
      return walk(node.alternate, path, found)
  }
  if (isText(node)) {
    const text = written(node)
    if (/\p{L}/u.test(text.replaceAll(/\{[^}]*\}/g, '')) && text !== 'en' && text !== 'ko') found(path, text)
    return inside(node, path, found)
  }
  for (const value of Object.values(node)) if (typeof value === 'object') walk(value, path, found)
}

/**
 * What stands in the holes of a text may hold texts of its own.
 * @param {Node} node
 * @param {string[]} path
 * @param {(path: string[], text: string) => void} found
 */
function inside(node, path, found) {
  if (node.type === 'BinaryExpression')
    return [node.left, node.right].forEach((each) =>
      isText(each) ? inside(each, path, found) : walk(each, path, found),
    )
  if (node.type === 'ConditionalExpression')
    return [node.consequent, node.alternate].forEach((each) =>
      isText(each) ? inside(each, path, found) : walk(each, path, found),
    )
  if (node.type === 'TemplateLiteral')
    node.expressions.forEach((/** @type {Node} */ each) =>
      isText(each) ? inside(each, path, found) : walk(each, path, found),
    )
}

/** @param {any} node @returns {boolean} */
function isText(node) {
  if (node.type === 'Literal') return typeof node.value === 'string'
  if (node.type === 'TemplateLiteral') return true
  if (node.type === 'BinaryExpression') return node.operator === '+' && (isText(node.left) || isText(node.right))
  if (node.type === 'ConditionalExpression') return isText(node.consequent) || isText(node.alternate)
  return false
}

/** @param {any} node @returns {string} */
function written(node) {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : String(node.value)
    case 'TemplateLiteral':
      return node.quasis
        .map(
          (/** @type {Node} */ quasi, /** @type {number} */ at) =>
            quasi.value.cooked + (node.expressions[at] === undefined ? '' : written(node.expressions[at])),
        )
        .join('')
    case 'BinaryExpression':
      return node.operator === '+' ? written(node.left) + written(node.right) : '{…}'
    case 'ConditionalExpression':
      return isText(node) ? `[${written(node.consequent)}|${written(node.alternate)}]` : '{…}'
    case 'Identifier':
      return `{${node.name}}`
    case 'MemberExpression':
      return `{${node.computed ? (node.object.name ?? '…') : node.property.name}}`
    case 'CallExpression': {
      const [first] = node.arguments
      const inner = first === undefined ? null : written(first)
      return inner !== null && /^\{\w+\}$/.test(inner)
        ? inner
        : `{${node.callee.property?.name ?? node.callee.name ?? '…'}}`
    }
    default:
      return '{…}'
  }
}

function pageOf() {
  const sections = [...parts]
    .filter(([, texts]) => texts.size > 0)
    .map(([part, texts]) => {
      const rows = [...texts].map(([place, { en, ko }]) => {
        return [
          place.trimEnd(),
          ...en.map((text) => `  en  ${inLines(text)}`),
          ...ko.map((text) => `  ko  ${inLines(text)}`),
        ].join('\n')
      })
      return `## ${part}\n\n\`\`\`text\n${rows.join('\n')}\n\`\`\`\n`
    })
  return [
    '# Texts',
    '',
    'Everything that people read of the product, by its place in the code, in both languages. `{name}` is filled in, `[one|other]` is',
    'a choice. Made from the catalogues by `npm run texts`, and held true by `npm run check`. What is written to the log, to a',
    "terminal and to agents is English and is not listed. The tone is LOOK.md's: short, calm, and with the next step.",
    '',
    sections.join('\n'),
  ].join('\n')
}

/** @param {string} text */
function inLines(text) {
  return text.replaceAll('\n', '⏎').trimEnd()
}
