import { RunningServer, pick } from './helpers/server.ts'
import { setTimeout as sleep } from 'node:timers/promises'
const s = pick(process.env.ZZ ?? 'redis-8.6')
const fast = { 'repl-diskless-sync-delay': '0' }
const m = await RunningServer.start(s, fast)
const a = await RunningServer.start(s, { replicaof: `127.0.0.1 ${m.port}`, ...fast })
const b = await RunningServer.start(s, { replicaof: `127.0.0.1 ${m.port}`, ...fast })
const c = await RunningServer.start(s, { replicaof: `127.0.0.1 ${a.port}`, ...fast })
console.log(JSON.stringify({ m: m.port, a: a.port, b: b.port, c: c.port, apid: a.pid, bpid: b.pid }))
let stop = false
process.on('SIGTERM', () => { stop = true })
const end = Date.now() + Number(process.argv[2] ?? 60) * 1000
const { connect } = await import('node:net')
const w = connect(m.port, '127.0.0.1'); w.resume(); w.on('error', () => {})
let i = 0
while (!stop && Date.now() < end) { let t = ''; for (let k = 0; k < 50; k++) t += `SET key:${i++ % 1000} ${'x'.repeat(100)}\r\n`; w.write(t); await sleep(5) }
for (const x of [c, b, a, m]) await x.stop()
process.exit()
