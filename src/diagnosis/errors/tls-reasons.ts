/** Rows of reasons.ts: TLS failures. */
import { rows } from './template.ts'

const PEM_FILES = 'Certificates and keys must be PEM files, and --cert and --key must belong together.'
const NOT_CONTACTED = 'No server was contacted.'

export const TLS_REASONS = rows({
  CERT_UNTRUSTED: {
    what: 'The certificate of {endpoint} is not trusted ({errno}). Its issuer: {issuer}.',
    meaning: 'No CA that this machine trusts has signed it. Either the CA is a private one, or another machine intercepts the connection.',
    next: 'Name the CA: --cacert FILE or --cacertdir FOLDER. To see the chain: openssl s_client -showcerts -connect HOST:PORT',
  },
  CERT_EXPIRED: {
    what: 'The certificate of {endpoint} expired at {validTo}.',
    meaning: 'The certificate was not renewed in time, or the clock of this machine is wrong.',
    next: 'Renew it on the server. CONFIG SET tls-cert-file FILE loads the new one without a restart. To connect without any check of the certificate: --insecure',
  },
  CERT_NOT_YET_VALID: {
    what: 'The certificate of {endpoint} is not valid before {validFrom}.',
    meaning: 'The clock of this machine or of the one that made the certificate is wrong.',
    next: 'Compare the clocks of both machines: date -u',
  },
  CERT_NAME: {
    what: 'The certificate of {endpoint} is not for "{serverName}", but for {names}.',
    meaning: 'Another server answered, or the certificate does not list the name that you used.',
    next: 'Use one of the names in the certificate as the host, or send and check one of them: --sni NAME',
  },
  CLIENT_CERT_MISSING: {
    what: '{endpoint} ended the TLS handshake: it requires a client certificate ({errno}).',
    meaning: 'Its tls-auth-clients is yes, which is the default: each client must show a certificate that the server trusts.',
    next: 'Give a client certificate, both files in PEM: --cert FILE --key FILE',
  },
  CLIENT_CERT_REFUSED: {
    what: '{endpoint} refused our certificate ({errno}).',
    meaning: 'The certificate has expired, or its issuer is not in the tls-ca-cert-file of the server.',
    next: 'To see which, on the server: openssl verify -CAfile <tls-ca-cert-file> <cert>',
  },
  CLEAR_TEXT: {
    what: '{endpoint} does not speak TLS: it answers in clear text.',
    meaning: 'This is the plain port. Redis serves TLS on a port of its own (tls-port).',
    next: 'Leave --tls out (redis:// instead of rediss://), or use the TLS port: redis-cli CONFIG GET tls-port',
  },
  NOT_TLS: {
    what: '{endpoint} does not speak TLS ({errno}).',
    meaning: 'Another service listens on that port.',
    next: 'Check that this is the TLS port of a Redis or Valkey server (tls-port).',
  },
  TLS_SILENT: {
    what: '{endpoint} accepted the connection but did not answer the TLS handshake within {limitMs:seconds}.',
    meaning: 'The server is hung, or a service without TLS listens on that port.',
    next: 'Try redis-cli --tls PING on the same address. To wait longer: --connect-timeout',
  },
  TLS_CLOSED: {
    what: '{endpoint} closed the connection during the TLS handshake.',
    meaning: 'The server is at its connection limit, or this is a proxy without a backend, or it does not speak TLS.',
    next: 'Check the server log for this time.',
  },
  TLS_VERSION: {
    what: '{endpoint} and redis-repl have no TLS version in common ({errno}).',
    meaning: 'redis-repl speaks TLS 1.2 and 1.3. The server allows neither (tls-protocols).',
    next: 'On the server: CONFIG SET tls-protocols "TLSv1.2 TLSv1.3", and CONFIG REWRITE to keep it.',
  },
  SERVER_NAME: {
    what: '{endpoint} does not know the server name that we sent in the TLS handshake ({errno}).',
    meaning: 'A TLS proxy chooses the server by that name.',
    next: 'Send the right name: --sni NAME',
  },
  TLS_OTHER: {
    what: 'TLS with {endpoint} failed ({errno}).',
    meaning: 'OpenSSL gives no other reason.',
    next: 'Check the server log for this time. To see the handshake: openssl s_client -connect HOST:PORT',
  },
  TLS_FILE: {
    what: '{option}: {path} cannot be used: {why}.',
    meaning: NOT_CONTACTED,
    next: PEM_FILES,
    parts: {
      why: {
        by: 'problem',
        of: {
          UNREADABLE: '{errno:words}',
          NO_CERTIFICATE: 'it is not a PEM certificate',
          BROKEN_CERTIFICATE: 'a certificate in it is broken',
          NOTHING_IN_FILE: 'it contains no PEM certificate',
          NOTHING_IN_FOLDER: 'none of its files contains a PEM certificate',
          NO_KEY: 'it is not a PEM private key',
          ENCRYPTED_KEY: 'the key is encrypted; to remove its passphrase: openssl pkey -in {path} -out <new file>',
          OTHER_KEY: 'it is not the key of {certificate}',
        },
      },
    },
  },
  TLS_CIPHERS: {
    what: 'OpenSSL rejected --tls-ciphers: {errno}.',
    meaning: NOT_CONTACTED,
    next: 'To list the names that OpenSSL knows: openssl ciphers',
  },
  TLS: {
    what: '{endpoint} speaks TLS, but we connected in clear text.',
    meaning: 'We sent only our first command and got no reply to it.',
    next: 'Use TLS: --tls, or rediss:// instead of redis://',
  },
})
