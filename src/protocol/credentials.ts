/** The login of a connection: the default user's password alone, or an ACL user with its password (Redis 6.0). */
export interface Credentials {
  readonly username?: string
  readonly password: string
}
