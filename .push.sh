set -e
git pull -q --rebase origin main
/tmp/w/slot npx tsc --noEmit
npx oxfmt --check >/dev/null
node tools/house.js
git push -q origin HEAD:main && git log --oneline -2
