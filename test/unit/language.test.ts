/** Everything that people read is plain English: the sources with their comments, the documents, and the help. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { cli } from '../helpers/run.ts'

/** "behind" means lagging, and nothing else. */
const LAGGING =
  /\b(?:is|are|was|were|be|been|far|falls?|fell|falling|lags?|lagged|lagging|further|furthest|seconds|milliseconds|bytes|commands|k?B|ms|s|h) behind\b(?! (?:it|its|offset|option|the|this|that|us)\b)|\blags? behind\b|[)}] behind\b(?=[,.:;)`'" ]|$)|\breplica behind, is\b/gi

/** "behind a proxy" is the idiom. */
const BEHIND_A_PROXY = /\bbehind (?:[\w-]+ ){0,3}?(?:proxy|proxies|NAT|firewalls?|gateways?|load balancers?|tunnels?|HAProxy|stunnel)\b/gi

/** Each pattern with a better phrase. */
const WORDS: readonly (readonly [pattern: RegExp, better: string])[] = [
  [/(?<![.'#])\bbehind\b(?!['(:])/, 'after, later than; "behind" only for what lags, or for a server behind a proxy'],
  [/\bwhoever\b/i, 'name it: the replica, the server, the user'],
  [/\b(?:no|some)body\b/i, 'name it: no server, no replica, another program'],
  [/\b(?:is|are|was|were|be|been|being) told\b(?! apart)/i, 'reads, gets, shows'],
  [/\bnothing of (?:it|that|this|the)\b/i, 'no byte of it, none of it, not'],
  [/\b(?:go|goes|going|went|gone) on\b/i, 'continue, resume, be in progress'],
  [/\b(?:is|are|was|were) said (?:to be|by|as|so)\b/i, 'say who says it'],
  [/\bvouch/i, 'serve, guarantee'],
  [/\bowe[ds]?\b/i, 'has not answered for'],
  [/\b(?:can|could|cannot|may|must|to) (?:not )?be had\b/i, 'be reached, be read'],
  [/\bas INFO had it\b/i, 'Confirmed by a real PSYNC.'],
  [/\ba position is asked for\b/i, 'the replica sends an offset'],
  [/\bby its words\b/i, 'recognised by its error reply'],
  [/\bnetwork swallows\b/i, 'its packets are lost'],
  [/\bsees further\b/i, 'use a longer --sample'],
  [/\bat the very (?:byte|next)\b|\bvery next byte\b/i, 'at the next byte'],
  [/\bgoes past the page cache\b/i, 'bypasses the page cache'],
  [/\bwith nobody knows whom\b/i, "but the server's identity is not checked"],
  [/\bstops? behind\b/i, 'stop after'],
  [/\bso many [a-z]+ at a time\b/i, 'N in parallel'],
  [/\bwhat is not known\b/i, 'name what is unknown'],
  [/\bwhat it cost\b/i, 'Server counters before and after'],
  [/(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|if\b|\w+er than\b|\d)/i, 'is not a'],
  [
    /\b(?:can|could|must|may|will|to) (?:not )?stand (?:beside|before|in|outside|at|for)\b|\bstands (?:beside|behind|before|outside)\b/i,
    'be next to, precede',
  ],
  [/\bof one’s own\b/i, 'your own'],
  [/\bat this moment\b|\bat that moment\b/i, 'now, at this time'],
  [/\bby way of\b/i, 'through'],
  [/\bfor sure\b|\bin vain\b/i, 'certainly; without success'],
]

/** Words that only their author understood, as parts of a name. "mark" is not among them: an RDB ends with an EOF mark. */
const PRIVATE_NAMES = /(?<![a-z])(?:aim|bill|brief|climb|keeper|leave|manners|sighting|spot|strand)(?![a-z])/

/** Files that may still use one of these words, each with its reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map()

function textFiles(): string[] {
  const found = ['src', 'docs'].flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))))
  return ['README.md', 'CONTRIBUTING.md', ...found].filter((file) => /\.(ts|md)$/.test(file) && !EXCEPTIONS.has(file)).sort()
}

function faultsIn(name: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const rest = line.replace(LAGGING, '').replace(BEHIND_A_PROXY, '')
    const faults = WORDS.flatMap(([pattern, better]) => {
      const [word] = pattern.exec(rest) ?? []
      return word === undefined ? [] : [`"${word}": ${better}`]
    })
    return faults.map((fault) => `${name}:${index + 1}: ${fault}\n    ${line.trim()}`)
  })
}

/** The parts of the names that a line declares: isBriefAnswer → is brief answer. */
function declaredWords(line: string): string {
  const [, name = ''] = /\b(?:const|let|function|class|interface|type|readonly|get|static)\s+#?(\w+)/.exec(line) ?? []
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
}

describe('plain English', () => {
  it('is what the sources and the documents are written in', () => {
    const faults = textFiles().flatMap((file) => faultsIn(file, readFileSync(file, 'utf8')))
    assert.equal(faults.length, 0, `\n${faults.join('\n')}`)
  })

  it('is what the names are made of', () => {
    const files = textFiles().filter((file) => file.endsWith('.ts'))
    const faults = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => (PRIVATE_NAMES.test(declaredWords(line)) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    )
    assert.equal(faults.length, 0, `private vocabulary (docs/glossary.md):\n${faults.join('\n')}`)
  })

  const commands = readdirSync('src/commands').map((file) => file.replace('.ts', ''))
  for (const words of ['', ...commands, 'help connection']) {
    it(`is what redis-repl ${words} --help is written in`, async () => {
      const { out, status } = await cli([...words.split(' ').filter(Boolean), '--help'])
      assert.equal(status, 0)
      // The help breaks lines at any word.
      const faults = faultsIn('--help', out.replaceAll(/\s+/g, ' '))
      assert.equal(faults.length, 0, `\n${faults.join('\n')}`)
    })
  }

  it('allows servers that lag behind, and servers behind a proxy', () => {
    for (const text of [
      'the replica is 5 bytes behind',
      'it lags behind its master',
      'a server behind a proxy',
      'behind the load balancer',
    ]) {
      assert.deepEqual(faultsIn('x', text), [], text)
    }
  })

  it('shows the file, the line and a better phrase where it is missing', () => {
    const [fault = ''] = faultsIn('src/x.ts', 'one\nfollowing it behind offset 5')
    assert.match(fault, /^src\/x\.ts:2: "behind": after/)
    for (const text of ['is told', 'whoever asks', 'nobody', 'go on with', 'the link behind the RDB', 'nothing of it']) {
      assert.equal(faultsIn('x', text).length, 1, text)
    }
  })
})
