import { GatewayError } from '../errors.js';

/** Whatever is wrong with a credential: the same words, so that nobody learns which keys, names or tokens exist. */
export function notAccepted(): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'The credential is not accepted. Check the key or get a new token; an operator of this gateway can give you one.',
  );
}

/** Nothing that could be checked was sent. */
export function noCredential(): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'Say who asks: Authorization: Bearer with a gateway key or a token, X-API-Key with a gateway key, or Basic with a consumer and its key.',
  );
}

export function twoCredentials(): GatewayError {
  return new GatewayError('unauthenticated', 'Send either Authorization or X-API-Key, not both.');
}

/** Also for an account that does not exist: which do is nobody's business. */
export function noSuchAccount(): GatewayError {
  return new GatewayError(
    'forbidden',
    'The token does not name an account that it may use. Ask whoever issues the tokens.',
  );
}

export function tokensUncheckable(retryAfterSeconds: number): GatewayError {
  return new GatewayError(
    'authentication-unavailable',
    "The issuer's keys cannot be fetched at the moment, so no token can be checked. Try again soon.",
    { retryAfterSeconds },
  );
}
