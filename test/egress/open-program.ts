// The process outside, for tests: every name is 127.0.0.1 but `private.example`, and loopback counts as public.
import { existsSync, readFileSync } from 'node:fs'
import { EgressServer } from '../../src/egress/proxy.ts'

const publicHere = (address: string): boolean => address === '127.0.0.1'

new EgressServer({
  version: process.argv[2] ?? '',
  resolve: async (host) => [host === 'private.example' ? '10.0.0.1' : '127.0.0.1'],
  ruleFor: () => publicHere,
  // A test that renews tokens says where, in the folder that it works in.
  ...(existsSync('token-server') ? { tokenServers: servers(readFileSync('token-server', 'utf8')) } : {}),
}).start()
process.stdout.write('listening\n')

function servers(url: string): { readonly claude: string; readonly chatgpt: string } {
  return { claude: `${url}/claude`, chatgpt: `${url}/chatgpt` }
}
