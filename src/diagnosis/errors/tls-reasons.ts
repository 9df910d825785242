/** Rows of reasons.ts: TLS failures. */
import { rows } from './template.ts'

const PEM_FILES = 'Certificates and keys are files in PEM; --cert and --key belong together.'

export const TLS_REASONS = rows({
  CERT_UNTRUSTED: {
    what: 'The certificate of {endpoint} is not trusted ({errno}); its issuer: {issuer}.',
    meaning: 'No authority that is trusted here has signed it: a private one, or somebody stands between.',
    next: 'Name the authority with --cacert FILE or --cacertdir FOLDER; openssl s_client -showcerts -connect HOST:PORT shows the chain.',
  },
  CERT_EXPIRED: {
    what: 'The certificate of {endpoint} expired at {validTo}.',
    meaning: 'Or the clock of this machine is wrong.',
    next: 'Renew it on the server (CONFIG SET tls-cert-file takes a new one up without a restart); --insecure looks past it.',
  },
  CERT_NOT_YET_VALID: {
    what: 'The certificate of {endpoint} is not valid before {validFrom}.',
    meaning: 'The clock of this machine is wrong, or the certificate was made too early.',
    next: 'Compare the clocks: date -u',
  },
  CERT_NAME: {
    what: 'The certificate of {endpoint} is not for "{serverName}", but for {names}.',
    meaning: 'Another server answers, or this one is addressed by a name that its certificate does not have.',
    next: 'Use a name that it has, or --sni NAME to ask for that name and check it.',
  },
  CLIENT_CERT_MISSING: {
    what: '{endpoint} ended TLS: it wants a certificate from us ({errno}).',
    meaning: 'tls-auth-clients is on, which is the default: every client has to show a certificate that the server trusts.',
    next: 'Give one with --cert FILE --key FILE, both in PEM.',
  },
  CLIENT_CERT_REFUSED: {
    what: '{endpoint} refused our certificate ({errno}).',
    meaning: 'It has expired, or its issuer is not in tls-ca-cert-file of the server.',
    next: 'openssl verify -CAfile <tls-ca-cert-file> <cert> on the server tells which.',
  },
  CLEAR_TEXT: {
    what: '{endpoint} does not speak TLS: it answers in clear text.',
    meaning: 'This is the plain port; the TLS port of a Redis is another one (tls-port).',
    next: 'Leave --tls out (redis:// for rediss://), or use the TLS port: redis-cli CONFIG GET tls-port',
  },
  NOT_TLS: {
    what: '{endpoint} does not speak TLS ({errno}).',
    meaning: 'Another service listens on that port.',
    next: 'Check the port.',
  },
  TLS_SILENT: {
    what: '{endpoint} accepted the connection and did not answer TLS within {limitMs:seconds}.',
    meaning: 'The server hangs, or something that speaks no TLS listens on that port.',
    next: 'Try redis-cli --tls PING on the same address; --connect-timeout waits longer.',
  },
  TLS_CLOSED: {
    what: '{endpoint} closed the connection during the TLS handshake.',
    meaning: 'The server takes no more clients, or is a proxy without a backend, or does not speak TLS.',
    next: 'Look at the server’s log at this moment.',
  },
  TLS_VERSION: {
    what: '{endpoint} and we have no version of TLS in common ({errno}).',
    meaning: 'We speak TLS 1.2 and 1.3; the server allows only others (tls-protocols).',
    next: 'On the server: CONFIG SET tls-protocols "TLSv1.2 TLSv1.3"',
  },
  SERVER_NAME: {
    what: '{endpoint} does not know the name that TLS asked for ({errno}).',
    meaning: 'A TLS proxy finds the server behind it by that name.',
    next: 'Give the right one with --sni NAME.',
  },
  TLS_OTHER: {
    what: 'TLS with {endpoint} failed ({errno}).',
    meaning: 'OpenSSL has no clearer word for it.',
    next: 'openssl s_client -connect HOST:PORT shows more; so does the server’s log.',
  },
  TLS_FILE: {
    what: '{path} cannot be used for TLS: {why}.',
    meaning: 'Nothing was contacted.',
    next: PEM_FILES,
    parts: {
      why: {
        by: 'problem',
        of: {
          UNREADABLE: '{errno}',
          NO_CERTIFICATE: 'it is no certificate in PEM',
          BROKEN_CERTIFICATE: 'a certificate in it is broken',
          NOTHING_IN_FILE: 'it holds no certificate in PEM',
          NOTHING_IN_FOLDER: 'none of its files holds a certificate in PEM',
          NO_KEY: 'it is no private key in PEM',
          ENCRYPTED_KEY: 'it is encrypted: openssl pkey writes it without a passphrase',
          OTHER_KEY: 'it is not the key of {certificate}',
        },
      },
    },
  },
  TLS_CIPHERS: {
    what: '--tls-ciphers cannot be used for TLS: {errno}.',
    meaning: 'Nothing was contacted.',
    next: PEM_FILES,
  },
  TLS: {
    what: '{endpoint} speaks TLS and was addressed in clear text.',
    meaning: 'Nothing was sent but a greeting.',
    next: 'Use --tls, or rediss:// for redis://.',
  },
})
