# The bot with git and what its boxes need. Agents' CLIs are not in it: add them below, or mount them.
#   docker compose up -d          (compose.yaml; .env, the data and the projects stay on the machine)
FROM node:24-bookworm-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git openssh-client socat \
    && rm -rf /var/lib/apt/lists/*

# For example: RUN npm install -g @anthropic-ai/claude-code @openai/codex

WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && mkdir -p /app/data /projects && chown node:node /app /app/data /projects

USER node
ENV OMC_PROJECT_ROOTS=/projects
VOLUME ["/app/data"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:7707/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# No shell and no npm in between: a stop reaches the bot itself. What agents leave behind is the init's (`init: true`).
STOPSIGNAL SIGTERM
CMD ["node", "--disable-sigusr1", "--max-semi-space-size=2", "bin/discord-orchestrator.js", "start"]
