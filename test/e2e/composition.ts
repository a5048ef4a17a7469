/** What a bot of the stories is made of, whether it is a process of its own or lives in the test's. */
export { createApp, type App } from '../../src/app.ts'
export { createMachineApp } from '../../src/machine-app.ts'
export { loadConfig } from '../../src/config/load.ts'
export { createLog } from '../../src/config/log.ts'
// What a database is made of: a story begins with one that is made already.
export { databaseName } from '../../src/stores/sqlite/database.ts'
export { migrate } from '../../src/stores/sqlite/migrate.ts'
export { migrations } from '../../src/stores/migrations/all.ts'
export { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
