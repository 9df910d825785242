import { RunningServer, pick } from './helpers/server.ts'
import { activateBacklog } from './helpers/replication.ts'
import { kindsOf, LIBRARY, mixedWrites, pipe } from './helpers/workload.ts'
import { writeFileSync } from 'node:fs'
const s = await RunningServer.start(pick('redis-8.6'), {'repl-diskless-sync-delay':'0'})
await activateBacklog(s)
const kinds = await kindsOf(s)
await s.cli('FUNCTION','LOAD',LIBRARY)
writeFileSync('/tmp/exp/zport', String(s.port))
const end = Date.now()+ 100_000
for (let i=1; Date.now()<end; i++) { await pipe(s, mixedWrites(i, 20, kinds)); await new Promise(r=>setTimeout(r,300)) }
await s.stop()
