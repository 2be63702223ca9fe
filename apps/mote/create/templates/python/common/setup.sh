# Puts the packages of requirements.txt into .venv, when that has changed.
set -e
cmp -s requirements.txt .venv/installed && exit 0
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
cp requirements.txt .venv/installed
