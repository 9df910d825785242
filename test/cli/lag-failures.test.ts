/** What lag says of a server that answers and cannot be asked: which server, and what to do there. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { FakeMaster, infoReply, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'

const running: FakeMaster[] = []
after(() => {
  for (const one of running) one.stop()
})

async function start(script: Script): Promise<FakeMaster> {
  const one = await FakeMaster.start(script)
  running.push(one)
  return one
}

/** A master that lists this replica. */
async function masterOf({ target }: { readonly target: string }): Promise<FakeMaster> {
  const line = `ip=127.0.0.1,port=${target.split(':')[1]},state=online,offset=100,lag=0`
  return await start({ INFO: infoReply({ run_id: 'f'.repeat(40), connected_slaves: '1', slave0: line }) })
}

const words = (text: string) => text.replaceAll(/\s+/g, ' ')

describe('lag', { concurrency: 2 }, () => {
  for (const [what, script, said, next] of [
    ['closes the connection', { INFO: { close: true } }, 'closed the connection', /connection/],
    [
      'wants a password',
      { INFO: '-NOAUTH Authentication required.\r\n', CLIENT: '-NOAUTH\r\n' },
      'answered INFO with "-NOAUTH',
      /--pass-file/,
    ],
    ['knows another password', { AUTH: '-WRONGPASS invalid\r\n' }, 'answered AUTH .* with "-WRONGPASS', /ACL LIST/],
    ['refuses INFO and ROLE', { INFO: '-NOPERM no\r\n', ROLE: '-NOPERM no\r\n' }, 'answered INFO with "-NOPERM', /ACL SETUSER \S+ \+info/],
  ] as const) {
    it(`names a replica that ${what}, and advises no other way there`, async () => {
      const replica = await start(script)
      const master = await masterOf(replica)
      const ran = await cli(['lag', master.target, '--sample', '1s', '--user', 'u', '--pass', 'p'])
      assert.match(words(ran.out), new RegExp(`cannot be asked: ${replica.target} ${said}`))
      assert.match(words(ran.out), next)
      assert.doesNotMatch(ran.out, /--map/)
    })
  }

  it('advises another way to a replica whose address leads nowhere', async () => {
    const gone = await start({})
    const { target } = gone
    gone.stop()
    const ran = await cli(['lag', (await masterOf({ target })).target, '--sample', '1s'])
    assert.match(words(ran.out), new RegExp(`cannot be asked: ${target} refused the connection.* Use --map`))
  })

  for (const [what, script, said] of [
    ['closes the connection', { INFO: { close: true } }, 'closed the connection'],
    ['is silent', { INFO: {} }, 'sent nothing for 1 s'],
    ['refuses INFO', { INFO: '-NOPERM no\r\n', ROLE: '-NOPERM no\r\n' }, 'answered INFO with'],
  ] as const) {
    it(`names a master that ${what}, also in the line of a plugin`, async () => {
      const master = await start(script)
      const says = new RegExp(`${master.target} ${said}`)
      const nagios = await cli(['lag', master.target, '--sample', '300ms', '--format', 'nagios', '--step-timeout', '1'])
      assert.match(nagios.out, says)
      const checked = await cli(['lag', master.target, '--sample', '300ms', '--require-link', '--step-timeout', '1'])
      assert.match(words(checked.out + checked.err), says)
    })
  }

  for (const [end, script] of [
    ['master', { PUBLISH: '-NOPERM no\r\n' }],
    ['replica', { SUBSCRIBE: { close: true } }],
  ] as const) {
    it(`names the ${end} where it keeps markers from being counted`, async () => {
      const link = { role: 'slave', master_host: '127.0.0.1', master_port: '1', master_link_status: 'up', slave_repl_offset: '100' }
      const replica = await start({
        INFO: infoReply({ run_id: 'e'.repeat(40), ...link }),
        ...(end === 'replica' ? script : { SUBSCRIBE: {} }),
      })
      const line = `ip=127.0.0.1,port=${replica.target.split(':')[1]},state=online,offset=100,lag=0`
      const INFO = infoReply({ run_id: 'f'.repeat(40), connected_slaves: '1', slave0: line })
      const master = await start({ INFO, PUBLISH: ':1\r\n', ...(end === 'master' ? script : {}) })
      const ran = await cli(['lag', master.target, '--sample', '1s', '--marker'])
      const { target } = end === 'master' ? master : replica
      assert.match(words(ran.out), new RegExp(`has returned none of \\d+ markers: ${target} `))
    })
  }
})
