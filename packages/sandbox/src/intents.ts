/** https://discord.com/developers/docs/events/gateway#gateway-intents */
export const INTENT = {
  guilds: 1 << 0,
  members: 1 << 1,
  moderation: 1 << 2,
  expressions: 1 << 3,
  webhooks: 1 << 5,
  presences: 1 << 8,
  guildMessages: 1 << 9,
  guildReactions: 1 << 10,
  guildTyping: 1 << 11,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  directTyping: 1 << 14,
  messageContent: 1 << 15,
  guildPolls: 1 << 24,
  directPolls: 1 << 25,
} as const

/** These a bot must have switched on in its settings; asking without is refused with 4014. */
export const PRIVILEGED = INTENT.members | INTENT.presences | INTENT.messageContent

/** Every bit Discord knows; any other is refused with 4013. */
export const KNOWN_INTENTS =
  Array.from({ length: 17 }, (_, bit) => 1 << bit).reduce((sum, bit) => sum | bit, 0) |
  (1 << 20) |
  (1 << 21) |
  (1 << 24) |
  (1 << 25)
