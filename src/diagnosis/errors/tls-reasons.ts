/** The rows of reasons.ts that belong to TLS. */
import { type Row, say, seconds, where } from './words.ts'

export const TLS_REASONS: Record<string, Row> = {
  CERT_UNTRUSTED: [
    (d) => `The certificate of ${where(d)} is not trusted (${d.errno}); its issuer: ${d.reply ?? 'unknown'}.`,
    'No authority that is trusted here has signed it: a private one, or somebody stands between.',
    say('Name the authority with --cacert FILE or --cacertdir FOLDER; openssl s_client -showcerts -connect HOST:PORT shows the chain.'),
  ],
  CERT_EXPIRED: [
    (d) => `The certificate of ${where(d)} expired at ${d.reply}.`,
    'Or the clock of this machine is wrong.',
    say('Renew it on the server (CONFIG SET tls-cert-file takes a new one up without a restart); --insecure looks past it.'),
  ],
  CERT_NOT_YET_VALID: [
    (d) => `The certificate of ${where(d)} is not valid before ${d.reply}.`,
    'The clock of this machine is wrong, or the certificate was made too early.',
    say('Compare the clocks: date -u'),
  ],
  CERT_NAME: [
    (d) => `The certificate of ${where(d)} is not for "${d.given}", but for ${d.reply}.`,
    'Another server answers, or this one is addressed by a name that its certificate does not have.',
    say('Use a name that it has, or --sni NAME to ask for that name and check it.'),
  ],
  CLIENT_CERT_MISSING: [
    (d) => `${where(d)} ended TLS: it wants a certificate from us (${d.errno}).`,
    'tls-auth-clients is on, which is the default: every client has to show a certificate that the server trusts.',
    say('Give one with --cert FILE --key FILE, both in PEM.'),
  ],
  CLIENT_CERT_REFUSED: [
    (d) => `${where(d)} refused our certificate (${d.errno}).`,
    'It has expired, or its issuer is not in tls-ca-cert-file of the server.',
    say('openssl verify -CAfile <tls-ca-cert-file> <cert> on the server tells which.'),
  ],
  CLEAR_TEXT: [
    (d) => `${where(d)} does not speak TLS: it answers in clear text.`,
    'This is the plain port; the TLS port of a Redis is another one (tls-port).',
    say('Leave --tls out (redis:// for rediss://), or use the TLS port: redis-cli CONFIG GET tls-port'),
  ],
  NOT_TLS: [(d) => `${where(d)} does not speak TLS (${d.errno}).`, 'Another service listens on that port.', say('Check the port.')],
  TLS_SILENT: [
    (d) => `${where(d)} accepted the connection and did not answer TLS within ${seconds(d)}.`,
    'The server hangs, or something that speaks no TLS listens on that port.',
    say('Try redis-cli --tls PING on the same address; --connect-timeout waits longer.'),
  ],
  TLS_CLOSED: [
    (d) => `${where(d)} closed the connection during the TLS handshake.`,
    'The server takes no more clients, or is a proxy without a backend, or does not speak TLS.',
    say('Look at the server’s log at this moment.'),
  ],
  TLS_VERSION: [
    (d) => `${where(d)} and we have no version of TLS in common (${d.errno}).`,
    'We speak TLS 1.2 and 1.3; the server allows only others (tls-protocols).',
    say('On the server: CONFIG SET tls-protocols "TLSv1.2 TLSv1.3"'),
  ],
  SERVER_NAME: [
    (d) => `${where(d)} does not know the name that TLS asked for (${d.errno}).`,
    'A TLS proxy finds the server behind it by that name.',
    say('Give the right one with --sni NAME.'),
  ],
  TLS_OTHER: [
    (d) => `TLS with ${where(d)} failed (${d.errno}).`,
    'OpenSSL has no clearer word for it.',
    say('openssl s_client -connect HOST:PORT shows more; so does the server’s log.'),
  ],
  TLS_FILE: [
    (d) => `${d.path} cannot be used for TLS: ${d.errno}.`,
    'Nothing was contacted.',
    say('Certificates and keys are files in PEM; --cert and --key belong together.'),
  ],
  TLS: [
    (d) => `${where(d)} speaks TLS and was addressed in clear text.`,
    'Nothing was sent but a greeting.',
    say('Use --tls, or rediss:// for redis://.'),
  ],
}
