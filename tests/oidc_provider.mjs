// An OpenID provider on 127.0.0.1 whose tokens a test bends: node oidc_provider.mjs PACKAGE PORT WISHES NAME
// WISHES is a JSON file that is read at each request: {claims, without, header, forge, status}.
import { createHmac, createPublicKey, createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [pack, port, file, name] = process.argv.slice(2);
const { OAuth2Server } = await import(pack);
const wishes = () => JSON.parse(readFileSync(file, 'utf8'));
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');

server.service.on('beforeTokenSigning', (token) => {
  const { claims = {}, without = [], header = {} } = wishes();
  Object.assign(token.payload, claims);
  for (const name of without) delete token.payload[name];
  Object.assign(token.header, header);
});

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const forged = {
  none: (header, payload) => `${encoded({ ...header, alg: 'none' })}.${payload}.`,
  // The provider's public key, as if it were a secret that both sides know.
  shared: (header, payload) => {
    const pem = createPublicKey({ key: server.issuer.keys.toJSON()[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const signed = `${encoded({ ...header, alg: 'HS256' })}.${payload}`;
    return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
  },
  another: (header, payload) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signed = `${encoded(header)}.${payload}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  },
};
server.service.on('beforeResponse', (answer) => {
  const { forge, status, body } = wishes();
  if (forge) {
    const [header, payload] = answer.body.id_token.split('.');
    answer.body.id_token = forged[forge](JSON.parse(Buffer.from(header, 'base64url')), payload);
  }
  if (status) answer.statusCode = status;
  if (body) answer.body = body;
});

await server.start(Number(port), '127.0.0.1');
server.issuer.url = `http://${name}:${port}`;
