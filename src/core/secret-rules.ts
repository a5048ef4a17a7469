/** How a kind of secret is known by its look. */
export interface SecretRule {
  /** For people, e.g. `GitHub token`. */
  readonly name: string
  /**
   * What it looks like, as the source of a regular expression. Each begins with something fixed and has no repetition
   * inside another, so that a search takes time in proportion to the text.
   */
  readonly pattern: string
  /** Its fixed beginning, from which on it is hidden while more of it may come. Left out: nothing tells it before its end. */
  readonly begins?: string
}

/** Signs of which keys are made. */
const word = String.raw`[A-Za-z0-9_-]`
const plain = '[A-Za-z0-9]'

/** A key that is a fixed beginning and then signs. */
function key(name: string, begins: string, signs: string, least: number, most = 400): SecretRule {
  return { name, begins, pattern: `${begins}${signs}{${least},${most}}` }
}

/**
 * Keys and tokens that say themselves what they are, as the services that give them out describe them (their own
 * documentation and the lists that secret scanners publish; looked through in November 2026).
 */
export const secretRules: readonly SecretRule[] = [
  {
    name: 'Discord token',
    // An id in base64: there are digits in it, as in few names of files.
    begins: `[MNO](?=[A-Za-z_-]{0,27}\\d)${word}{23,28}\\.`,
    pattern: `[MNO]${word}{23,28}\\.${word}{6,7}\\.${word}{27,50}`,
  },
  key('Discord webhook', String.raw`discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{15,21}/`, word, 40, 100),
  key('Anthropic key', 'sk-ant-', word, 16),
  key('OpenAI key', 'sk-(?:proj|svcacct|admin|None)-', word, 20),
  key('OpenAI key', 'sk-', plain, 32, 64),
  key('OpenRouter key', 'sk-or-v1-', '[0-9a-f]', 32, 80),
  key('GitHub token', 'gh[pousr]_', plain, 30, 255),
  key('GitHub token', 'github_pat_', '[A-Za-z0-9_]', 22, 255),
  key('GitLab token', 'gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-', word, 20, 100),
  key('AWS access key', '(?:AKIA|ASIA|ABIA|ACCA)', '[A-Z2-7]', 16, 16),
  key('Google API key', 'AIza', word, 35, 35),
  key('Google client secret', 'GOCSPX-', word, 24, 40),
  key('Google access token', String.raw`ya29\.`, word, 30),
  key('Google refresh token', '1//0', word, 30),
  key('Slack token', 'xox[abeoprs]-', '[A-Za-z0-9-]', 10, 250),
  key('Slack token', 'xapp-', '[A-Za-z0-9-]', 20, 250),
  key('Slack webhook', String.raw`hooks\.slack\.com/(?:services|workflows)/`, '[A-Za-z0-9/]', 20, 150),
  key('Stripe key', '(?:sk|rk)_(?:live|test)_', plain, 16, 250),
  key('webhook secret', 'whsec_', '[A-Za-z0-9+/=]', 24, 100),
  key('npm token', 'npm_', plain, 36, 40),
  key('PyPI token', 'pypi-AgE', word, 50),
  key('Docker token', 'dckr_(?:pat|oat)_', word, 20, 100),
  key('Hugging Face token', 'hf_', plain, 30, 60),
  key('SendGrid key', String.raw`SG\.${word}{16,32}\.`, word, 16, 64),
  key('Twilio key', 'SK', '[0-9a-f]', 32, 32),
  key('Mailgun key', 'key-', '[0-9a-f]', 32, 32),
  key('DigitalOcean token', 'do[opr]_v1_', '[0-9a-f]', 64, 64),
  key('Shopify token', 'shp(?:at|ca|pa|ss)_', '[0-9a-fA-F]', 32, 32),
  key('Linear key', 'lin_(?:api|oauth)_', plain, 30, 70),
  key('Notion token', 'ntn_', plain, 40, 60),
  key('Telegram token', String.raw`\d{8,10}:AA`, word, 32, 34),
  key('age key', 'AGE-SECRET-KEY-1', '[0-9A-Z]', 50, 70),
  key('Vault token', String.raw`hv[sbr]\.`, word, 24),
  key('Terraform token', String.raw`${plain}{14}\.atlasv1\.`, word, 60, 80),
  key('Databricks token', 'dapi', '[0-9a-f]', 32, 36),
  key('New Relic key', 'NRAK-', '[A-Z0-9]', 27, 27),
  key('Grafana token', 'gl(?:sa|c)_', '[A-Za-z0-9_+/=]', 32, 400),
  key('Sentry token', 'sntry[su]_', '[A-Za-z0-9_+/=-]', 40, 400),
  key('Atlassian token', 'ATATT3', '[A-Za-z0-9_=-]', 50, 400),
  key('Azure key', 'AccountKey=', '[A-Za-z0-9+/=]', 40, 100),
  key('Doppler token', String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.`, '[A-Za-z0-9_.-]', 20, 100),
  key('Postman key', 'PMAK-', '[0-9a-f-]', 40, 70),
  key('Groq key', 'gsk_', plain, 40, 80),
  key('xAI key', 'xai-', plain, 60, 100),
  key('Replicate token', 'r8_', plain, 30, 50),
  key('Perplexity key', 'pplx-', plain, 40, 60),
  key('Supabase token', 'sbp_', '[0-9a-f]', 40, 40),
  key('Square token', 'sq0(?:atp|csp|idp)-', word, 22, 60),
  key('Tailscale key', 'tskey-(?:auth|api|client|scim|webhook)-', '[A-Za-z0-9-]', 16, 80),
  {
    name: 'signed token (JWT)',
    begins: `eyJ${word}{10}`,
    pattern: `eyJ${word}{10,2000}\\.eyJ${word}{10,4000}\\.${word}{10,1000}`,
  },
]

/** Words in the names under which secrets are kept: what is assigned to such a name is looked at closely. */
export const secretNames: readonly string[] = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'api[_-]?key',
  'access[_-]?key',
  'private[_-]?key',
  'encryption[_-]?key',
  'signing[_-]?key',
  'client[_-]?key',
  'credential',
  'authorization',
  'auth',
]
