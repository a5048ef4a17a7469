// What most bots are: discord.js alone, no store, no agent. What ours costs is measured against it.
import { writeSync } from 'node:fs'
import { Client, GatewayIntentBits } from 'discord.js'

function tell(name: string): void {
  writeSync(1, `{"msg":"mark","name":"${name}","at":${performance.timeOrigin + performance.now()}}\n`)
}

const client = new Client({
  rest: { api: process.env['API'] ?? '' },
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
})
client.on('messageCreate', (message) => {
  if (message.author.bot) return
  tell('heard')
  void message.reply(message.content)
})
client.once('clientReady', () => {
  tell('ready')
  writeSync(1, '{"msg":"app.started"}\n')
})
await client.login(process.env['TOKEN'])
