// Somebody who has a login renewed and dies meanwhile: renewing-bot.ts <rules> <path>.
import { Renewals, type RenewalRules } from '../../src/egress/renewal.ts'

const [rules = '', path = ''] = process.argv.slice(2)
setInterval(() => {}, 1000)
await new Renewals({ rules: () => JSON.parse(rules) as RenewalRules, environment: {} }).freshen('claude', path)
