// Holds the house to its own rules, and makes docs/GLOSSARY.md from the docblocks:
// `node tools/house.js` checks (part of `npm run check`), `node tools/house.js --write` writes the glossary anew.
//
// One exported type of a name in the tree. Every word that core exports has a docblock. No file longer than 350 lines.
// README.ko.md says what README.md says: the same headings, commands, variables, links and states of the features.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv, exit } from 'node:process'

const longest = 350
const root = join(import.meta.dirname, '..')
const glossary = join(root, 'docs', 'GLOSSARY.md')

/**
 * An exported type, class or interface with what its docblock says first.
 * @typedef {{ name: string, file: string, meaning: string }} Word
 */

/** @type {string[]} */
const faults = []
const files = globSync('src/**/*.ts', { cwd: root }).sort()
const words = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8')
  const lines = text.split('\n').length - 1
  if (lines > longest) faults.push(`${file} has ${lines} lines; ${longest} is the most: does it still tell one story?`)
  return wordsOf(file, text)
})

/** @type {Map<string, Word[]>} */
const byName = new Map()
for (const word of words) byName.set(word.name, [...(byName.get(word.name) ?? []), word])
for (const [name, same] of byName) {
  if (same.length > 1)
    faults.push(`${name} is exported by ${same.map(({ file }) => file).join(' and ')}: one meaning each`)
}
for (const { name, file, meaning } of words) {
  if (meaning === '' && file.startsWith(join('src', 'core'))) faults.push(`${name} in ${file} has no docblock`)
}

const [english, korean] = ['README.md', 'README.ko.md'].map((name) => partsOf(readFileSync(join(root, name), 'utf8')))
for (const [part, said] of Object.entries(english ?? {})) {
  const inKorean = korean?.[part] ?? []
  const missing = said.filter((each) => !inKorean.includes(each))
  const more = inKorean.filter((each) => !said.includes(each))
  if (missing.length > 0) faults.push(`README.ko.md lacks these ${part} of README.md: ${missing.join(', ')}`)
  if (more.length > 0) faults.push(`README.ko.md has ${part} that README.md has not: ${more.join(', ')}`)
}

const page = pageOf(words)
if (argv.includes('--write')) writeFileSync(glossary, page)
else if (readFileSync(glossary, 'utf8') !== page)
  faults.push('docs/GLOSSARY.md is not what the docblocks say: npm run glossary')

for (const fault of faults) console.error(fault)
exit(faults.length > 0 ? 1 : 0)

/**
 * @param {string} file
 * @param {string} text
 * @returns {Word[]}
 */
function wordsOf(file, text) {
  const pattern = /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^export (?:abstract )?(?:interface|type|class) (\w+)/gm
  return [...text.matchAll(pattern)].map(([, doc = '', name = '']) => ({ name, file, meaning: firstOf(doc) }))
}

/**
 * The first sentence of a docblock, in one line.
 * @param {string} doc
 */
function firstOf(doc) {
  const text = doc
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .trim()
  const paragraph = (text.split(/\n\s*\n/)[0] ?? '').replaceAll(/\s+/g, ' ')
  const end = /(?<!e\.g|i\.e|etc)\.(?= [A-Z`'"(]|$)/.exec(paragraph)
  return end === null ? paragraph : paragraph.slice(0, end.index)
}

/**
 * What both readmes have in common, whatever the language. Of the features only their state: what is said of them is longer in English.
 * @param {string} text
 * @returns {Record<string, string[]>}
 */
function partsOf(text) {
  /** @type {Record<string, string>} */
  const states = { 돼요: 'works', 일부: 'partly', 끝: 'done' }
  const features = [...text.matchAll(/^\| (F\d+) *\| [^|]+\| ([^ |]+) *\|.*$/gm)]
  const rest = features.reduce((before, [row]) => before.replace(row, ''), text)
  const headings = [...rest.matchAll(/^(#+) /gm)].map(([, level = ''], at) => `${at + 1}. ${level}`)
  const code = [...rest.matchAll(/`([^`\n]+)`/g)].map(([, inside = '']) => inside)
  return {
    headings,
    'commands and variables': code.filter((each) =>
      /^(\/[a-z]|![a-z]|npm |bot |OMC_|DISCORD_|CLAUDE_|CODEX_)/.test(each),
    ),
    links: [...rest.matchAll(/\]\(((?!README)[^)]+)\)/g)].map(([, target = '']) => target),
    states: features.map(([, name = '', state = '']) => `${name} ${states[state] ?? state}`),
  }
}

/** @param {Word[]} all */
function pageOf(all) {
  const documented = all.filter(({ meaning }) => meaning !== '')
  const folders = [...new Set(documented.map(({ file }) => roomOf(file)))].sort(
    (a, b) => Number(b === 'core') - Number(a === 'core') || (a < b ? -1 : 1),
  )
  const parts = folders.map((folder) => {
    const rows = documented
      .filter(({ file }) => roomOf(file) === folder)
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
      .map(({ name, file, meaning }) => `- **${name}** (\`${file.slice('src/'.length)}\`): ${meaning}`)
    return `## ${folder}\n\n${rows.join('\n')}\n`
  })
  return [
    '# Glossary',
    '',
    'One meaning each; the same word in code, documents, database and user interface. Made from the docblocks by',
    '`npm run glossary`, and held true by `npm run check`.',
    '',
    parts.join('\n'),
  ].join('\n')
}

/** @param {string} file */
function roomOf(file) {
  const folder = dirname(file).split(/[\\/]/)[1]
  return folder ?? 'the root'
}
