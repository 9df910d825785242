/** Who a connection logs in as: one password of the default user, or a user of the ACL (Redis 6.0). */
export interface Credentials {
  readonly username?: string
  readonly password: string
}
