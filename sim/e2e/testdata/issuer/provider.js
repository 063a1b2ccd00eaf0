// An OpenID provider that is not ours: panva's oidc-provider, which is certified
// by the OpenID Foundation. It gives access tokens as ONVIF wants them to clients.
//
//   node provider.js '{"audience":"vms","roles":["onvif:Operator"],"tls":{"key":"PEM","cert":"PEM"}}'
//
// It prints {"issuer":…} when it listens, makes new keys at each line of standard
// input (and prints {"rotated":true}), and ends with it.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const config = JSON.parse(process.argv[2]);
let generation = 0;

function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: `key-${++generation}` };
}

function provider(issuer) {
  return new Provider(issuer, {
    jwks: { keys: [signingKey()] },
    scopes: ['onvif'],
    clients: [{
      client_id: 'vms', client_secret: 'vms-secret', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [], scope: 'onvif', id_token_signed_response_alg: 'ES256',
    }],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:example:cameras',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'onvif', audience: config.audience, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ roles: config.roles }),
    formats: {
      customizers: {
        jwt(ctx, token, parts) { // Security 4.4.1 wants typ JWT and nbf
          parts.header = { ...parts.header, typ: 'JWT' };
          parts.payload.nbf = parts.payload.iat;
        },
      },
    },
  });
}

let answer = (request, response) => response.writeHead(503).end();
const listen = (request, response) => answer(request, response);
const server = config.tls ? createSecureServer(config.tls, listen) : createServer(listen);
server.listen(0, '127.0.0.1', () => {
  const issuer = `${config.tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  answer = provider(issuer).callback();
  console.log(JSON.stringify({ issuer }));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => {
    answer = provider(issuer).callback();
    console.log(JSON.stringify({ rotated: true }));
  });
  lines.on('close', () => process.exit(0));
});
