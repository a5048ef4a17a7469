import { equal, deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { authorityOf, insideBox, proxyVariables } from '../../src/core/egress.ts'
import { addressRule, isCompanyNetwork } from '../../src/system/addresses.ts'
import { parseAuthority } from '../../src/egress/authority.ts'

/** Addresses as a resolver may give them. */
const addresses: readonly (readonly [address: string, isPublic: boolean])[] = [
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.32.0.1', true],
  ['100.63.255.255', true],
  ['100.128.0.1', true],
  ['2606:4700:4700::1111', true],
  ['2a00:1450:4001:830::200e', true],
  ['0.0.0.0', false],
  ['0.1.2.3', false],
  ['10.0.0.1', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['192.0.0.170', false],
  ['192.0.2.1', false],
  ['198.18.0.1', false],
  ['198.51.100.1', false],
  ['203.0.113.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::127.0.0.1', false],
  ['::8.8.8.8', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['::ffff:0:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b::8.8.8.8', false],
  ['64:ff9b:1::a00:1', false],
  ['2002:7f00:1::', false],
  ['2001::1', false],
  ['2001:db8::1', false],
  ['3fff::1', false],
  ['fc00::1', false],
  ['fd12:3456::1', false],
  ['fe80::1', false],
  ['fe80::1%eth0', false],
  ['ff02::1', false],
  ['2606:4700::1%eth0', false],
  ['example.org', false],
  ['', false],
]

test('only public addresses are connected to', () => {
  const rule = addressRule([])
  for (const [address, isPublic] of addresses) equal(rule(address), isPublic, address)
})

test('an operator opens own networks, and nothing that is not private', () => {
  const rule = addressRule(['10.1.0.0/16', 'fd00:1::/32'])
  for (const address of ['10.1.2.3', 'fd00:1::5', '8.8.8.8']) equal(rule(address), true, address)
  for (const address of ['10.2.0.1', '127.0.0.1', '169.254.169.254', 'fd00:2::5']) equal(rule(address), false, address)

  for (const network of ['10.0.0.0/8', '10.1.0.0/16', '192.168.4.0/24', '100.64.0.0/10', 'fd00:1::/32', '10.0.0.1/32'])
    equal(isCompanyNetwork(network), true, network)
  for (const network of ['0.0.0.0/0', '127.0.0.0/8', '169.254.0.0/16', '10.0.0.0/7', '::/0', '::1/128', '10.0.0.1', ''])
    equal(isCompanyNetwork(network), false, network)
})

test('a network that is not private opens nothing, also when it was let through', () => {
  const rule = addressRule(['0.0.0.0/0', '::/0'])
  for (const address of ['127.0.0.1', '169.254.169.254', '::1', 'fe80::1']) equal(rule(address), false, address)
})

/** What a request may name, and what is meant. */
const authorities: readonly (readonly [text: string, meant: string | null])[] = [
  ['example.org:443', 'example.org:443'],
  ['EXAMPLE.org:443', 'example.org:443'],
  ['example.org.:443', 'example.org:443'],
  ['bücher.example:443', 'xn--bcher-kva.example:443'],
  ['example.org:80', 'example.org:80'],
  ['my_host.example:8080', 'my_host.example:8080'],
  ['2130706433:80', '127.0.0.1:80'],
  ['0x7f000001:80', '127.0.0.1:80'],
  ['0x7f.1:80', '127.0.0.1:80'],
  ['0177.0.0.1:80', '127.0.0.1:80'],
  ['127.1:80', '127.0.0.1:80'],
  ['127.0.0.1.:80', '127.0.0.1:80'],
  ['[::1]:80', '[::1]:80'],
  ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
  ['[::ffff:127.0.0.1]:80', '[::ffff:7f00:1]:80'],
  ['[2606:4700::1111]:443', '[2606:4700::1111]:443'],
  ['example.org', null],
  ['example.org:0', null],
  ['example.org:65536', null],
  ['example.org:', null],
  [':443', null],
  ['user@example.org:443', null],
  ['example.org:443@127.0.0.1:80', null],
  ['example.org/:443', null],
  ['example.org?:443', null],
  ['example.org#:443', null],
  ['example.org\\:443', null],
  ['exam ple.org:443', null],
  ['example.org%00:443', null],
  ['[fe80::1%25eth0]:80', null],
  ['..:443', null],
  ['-a.example:443', null],
  [`${'a'.repeat(64)}.example:443`, null],
  ['', null],
]

test('a host is read in one form, however it is written', () => {
  for (const [text, meant] of authorities) {
    const authority = parseAuthority(text)
    equal(authority === null ? null : authorityOf(authority), meant, text)
  }
  deepEqual(parseAuthority('example.org', 443), { host: 'example.org', port: 443 })
})

test('what stands for the model goes by no proxy', () => {
  equal(proxyVariables['NO_PROXY'], `localhost,127.0.0.1,${insideBox.model}`)
})
