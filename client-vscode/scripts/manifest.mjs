// Writes into the manifest what follows from the server's own code: its settings, and the vendors that one can sign in to.
// A test compares them. usage: node scripts/manifest.mjs PYTHON, where PYTHON can import aurelis.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
const READ = `
import json
from aurelis.config.schema import editor_properties, restricted_configurations
from aurelis.providers.profiles import PROFILES
from urllib.parse import urlsplit
alive = [row for row in PROFILES.values() if urlsplit(row.base_url or "").hostname not in row.retired_hosts]
vendors = [{"name": row.name, "title": row.title, "keyRequired": row.key_required} for row in alive]
print(json.dumps({"properties": editor_properties(), "restricted": restricted_configurations(), "vendors": vendors}))
`;

const python = process.argv[2] ?? join(FOLDER, '..', '.venv', ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
const { properties, restricted, vendors } = JSON.parse(execFileSync(python, ['-c', READ], { encoding: 'utf8' }));
const path = join(FOLDER, 'package.json');
const manifest = JSON.parse(readFileSync(path, 'utf8'));
manifest.contributes.configuration.find(({ title }) => title === 'Server').properties = properties;
manifest.capabilities.untrustedWorkspaces.restrictedConfigurations = restricted;
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync(join(FOLDER, 'src', 'vendors.json'), `${JSON.stringify(vendors, null, 2)}\n`);
