import { openStore } from '../../src/stores/open.ts'
import { approvalsContract } from '../contracts/approvals.ts'
import { claimContract } from '../contracts/claim.ts'
import type { StoreUnderTest } from '../contracts/ground.ts'
import { journalContract } from '../contracts/journal.ts'
import { vaultContract } from '../contracts/vault.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'

async function open(): Promise<StoreUnderTest> {
  const folder = await scratchFolder()
  return openIn(folder)
}

async function openIn(folder: { readonly path: string } & AsyncDisposable): Promise<StoreUnderTest> {
  const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  return {
    journal: store.journal,
    wake: store.wake,
    vault: store.vault,
    async reopen() {
      await store.close()
      return openIn(folder)
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

journalContract('SQLite', open)
claimContract('SQLite', open)
vaultContract('SQLite', open)
approvalsContract('SQLite', open)
