// Holds the house to its own rules, and makes docs/GLOSSARY.md from the docblocks:
// `node tools/house.js` checks (part of `npm run check`), `node tools/house.js --write` writes the glossary anew.
//
// One exported type of a name in the tree. Every word that core exports has a docblock. No file longer than 350 lines.
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
