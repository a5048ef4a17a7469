// The process outside of another version than the one that is running.
import { EgressServer } from '../../src/egress/proxy.ts'

new EgressServer({ version: process.argv[2] ?? '', resolve: async () => ['127.0.0.1'] }).start()
process.stdout.write('listening\n')
