import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { canonical, inputOf, schemaOf, type Tool } from '../../src/core/tool.ts'
import { fc } from '../random.ts'

const field = { description: 'something', required: true, longest: 10 } as const
const tool: Pick<Tool, 'fields'> = {
  fields: {
    to: { ...field, type: 'text' },
    loud: { ...field, type: 'flag', required: false },
    options: { ...field, type: 'texts', required: false },
  },
}

suite('what an agent hands to a tool', () => {
  test('the schema is one that every CLI takes: an object, and nothing clever', () => {
    assert.deepEqual(schemaOf(tool), {
      type: 'object',
      properties: {
        to: { type: 'string', description: 'something' },
        loud: { type: 'boolean', description: 'something' },
        options: { type: 'array', items: { type: 'string' }, description: 'something' },
      },
      required: ['to'],
    })
    assert.deepEqual(schemaOf({ fields: {} }), { type: 'object', properties: {}, required: [] })
  })

  test('no CLI checks the arguments: each fault is named', () => {
    const fault = (input: unknown): string => {
      const read = inputOf(tool, typeof input === 'string' ? input : JSON.stringify(input))
      return 'fault' in read ? read.fault : ''
    }
    assert.equal(fault({ to: 'docs', loud: true, options: ['a'], nope: 1, __proto__: 2 }), '')
    assert.equal(fault({ to: 'docs', loud: null }), '')
    assert.equal(fault({ nope: 1 }), '"to" is missing')
    assert.equal(fault({ to: 7 }), '"to" must be a string')
    assert.equal(fault({ to: '  ' }), '"to" is empty')
    assert.equal(fault({ to: 'docs', loud: 'yes' }), '"loud" must be true or false')
    assert.match(fault({ to: 'docs', options: [1] }), /"options" must be a list/)
    assert.equal(fault({ to: 'docs', options: ['12345678901'] }), '"options" is longer than 10 characters')
    assert.equal(fault({ to: '12345678901' }), '"to" is longer than 10 characters')
    for (const none of ['', '[]', '7', 'null', '{']) assert.equal(fault(none), 'the arguments are no JSON object')
  })

  test('the same arguments are the same text, in whatever order their names come', () => {
    assert.equal(canonical({ b: [{ d: 1, c: 2 }], a: 1 }), '{"a":1,"b":[{"c":2,"d":1}]}')
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const turned = Object.fromEntries(Object.entries(given).reverse())
        assert.equal(canonical(turned), canonical(given))
      }),
    )
  })
})
