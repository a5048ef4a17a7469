// The process outside the boxes, started by egress.ts: main.ts <version>, in the folder of its sockets.
import { systemResolve } from './hosts.ts'
import { EgressServer } from './proxy.ts'

process.on('uncaughtException', (error) => console.error(error))
new EgressServer({ version: process.argv[2] ?? '', resolve: systemResolve }).start()
// Whoever started it waits for this.
process.stdout.write('listening\n')
