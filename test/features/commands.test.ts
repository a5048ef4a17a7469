import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Features } from '../../src/core/feature.ts'
import { Problem } from '../../src/core/failure.ts'
import { product } from './product.ts'

const all = product.commands

describe('the list of commands', () => {
  it('has each path once, with words for it and for each of its options in every language', () => {
    assert.equal(new Set(all.map((each) => each.path.join(' '))).size, all.length)
    for (const { text, options } of all) {
      for (const { description, options: words } of Object.values(text)) {
        assert.ok(description.length > 0)
        assert.deepEqual(
          Object.keys(words),
          options.map((option) => option.name),
        )
      }
    }
  })

  it('asks for required options first, as Discord demands', () => {
    for (const { options } of all) {
      const required = options.map((option) => option.required)
      assert.deepEqual(
        required,
        [...required].sort((a, b) => Number(b) - Number(a)),
      )
    }
  })

  const changing = [
    'session start',
    'session stop',
    'cancel',
    'resume',
    'attach',
    'cd',
    'model',
    'account use',
    'account rest',
    'account unrest',
  ]
  const visible = new Set([...changing, 'skill', 'steer'])
  for (const each of all) {
    const name = each.path.join(' ')
    it(`/${name} is answered for ${visible.has(name) ? 'all' : 'the person alone'}`, () => {
      assert.equal(each.hidden, !visible.has(name))
    })
  }
})

describe('the list of features', () => {
  it('asks for nothing that is no right, and every right has a name in every language', () => {
    for (const { rights, commands, buttons, deeds } of product.all) {
      for (const { right } of [...commands, ...buttons.values()]) assert.ok(Object.hasOwn(rights, right), right)
      for (const names of Object.values(deeds)) assert.deepEqual(Object.keys(names).sort(), Object.keys(rights).sort())
    }
  })

  it('knows no command, right or feature twice', () => {
    for (const each of product.all) assert.throws(() => new Features([...product.all, each]), Problem)
  })

  it('says what a group of commands is about', () => {
    for (const name of ['session', 'permission']) assert.notEqual(product.group(name, 'ko'), name)
  })
})
