import { BlockList, isIP } from 'node:net'

/** Says whether the machine may be asked to connect to an address, in the form in which a resolver gives it. */
export type AddressRule = (address: string) => boolean

/** Addresses of a company's own networks that an operator may open; loopback and link-local addresses never are. */
const companyNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'] as const

/**
 * What is not the public internet: IANA's registries of special addresses
 * (https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry).
 */
const special4 = blocks([
  ...companyNetworks.filter((each) => !each.includes(':')),
  '0.0.0.0/8', // this host
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local: the metadata of clouds
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

/**
 * Of IPv6 only global unicast is public, which leaves out every form that carries an IPv4 address (mapped, compatible,
 * NAT64) but 6to4: who means an IPv4 address can say so.
 */
const global6 = blocks(['2000::/3'])
const special6 = blocks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/** Public addresses, and those in the operator's own networks (`10.1.0.0/16`). */
export function addressRule(networks: readonly string[]): AddressRule {
  const own = blocks(networks)
  return (address) => isPublic(address) || (isCompanyAddress(address) && contains(own, address))
}

/** Whether a network is one that an operator may open: it lies in the private ranges. */
export function isCompanyNetwork(text: string): boolean {
  const [address = '', bits = ''] = text.split('/')
  const longest = isIP(address) === 6 ? 128 : 32
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > longest) return false
  return companyNetworks.some((network) => {
    const [, least = ''] = network.split('/')
    return Number(bits) >= Number(least) && contains(blocks([network]), address)
  })
}

function isCompanyAddress(address: string): boolean {
  return contains(blocks(companyNetworks), address)
}

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !contains(special4, address)
  if (isIP(address) !== 6 || address.includes('%')) return false
  return contains(global6, address) && !contains(special6, address)
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function blocks(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
