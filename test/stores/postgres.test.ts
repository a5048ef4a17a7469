import { after, before, describe } from 'node:test'
import { openStore } from '../../src/stores/open.ts'
import { approvalsContract } from '../contracts/approvals.ts'
import { claimContract } from '../contracts/claim.ts'
import type { StoreUnderTest } from '../contracts/ground.ts'
import { journalContract } from '../contracts/journal.ts'
import { vaultContract } from '../contracts/vault.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'
import { noPostgres, startCluster, type Cluster } from './cluster.ts'

const skip = noPostgres()

describe('on PostgreSQL', { skip }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  const open = async (): Promise<StoreUnderTest> => openIn(await scratchFolder(), await cluster.fresh())

  journalContract('PostgreSQL', open)
  claimContract('PostgreSQL', open)
  vaultContract('PostgreSQL', open)
  approvalsContract('PostgreSQL', open)
})

async function openIn(folder: { readonly path: string } & AsyncDisposable, url: string): Promise<StoreUnderTest> {
  const store = await openStore({ folder: folder.path, url, clock: realClock, log: quietLog })
  return {
    journal: store.journal,
    wake: store.wake,
    vault: store.vault,
    async reopen() {
      await store.close()
      return openIn(folder, url)
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
