//! Who a NATS server in operator mode lets in: users whose JWT an account has signed, whose own an operator has signed.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

/// An operator with an account that may keep messages, and one for the servers themselves.
pub(super) struct Operator {
    account: KeyPair,
    /// For a server's configuration.
    pub(super) config: String,
}

impl Operator {
    pub(super) fn new() -> Self {
        let (operator, system, account) =
            (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
        let token = jwt(&operator, &operator, &json!({ "type": "operator" }));
        // Without limits an account may do nothing at all.
        let limits = |kept: i32| {
            let may = json!({
                "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
                "leaf": -1, "mem_storage": kept, "disk_storage": kept, "streams": kept, "consumer": kept
            });
            json!({ "type": "account", "limits": may, "default_permissions": { "pub": {}, "sub": {} } })
        };
        let (system_key, account_key) = (system.public_key(), account.public_key());
        let config = format!(
            "operator: {token}\nresolver: MEMORY\nsystem_account: {system_key}\n\
             resolver_preload: {{\n{system_key}: {}\n{account_key}: {}\n}}\n",
            jwt(&operator, &system, &limits(0)),
            jwt(&operator, &account, &limits(-1))
        );
        Self { account, config }
    }

    /// A `.creds` file of a new user, and the seed in it.
    pub(super) fn user(&self) -> (String, String) {
        let user = KeyPair::new_user();
        let seed = user.seed().unwrap();
        let may = json!({ "type": "user", "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1 });
        let file = format!(
            "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n",
            jwt(&self.account, &user, &may)
        );
        (file, seed)
    }
}

/// What `issuer` says of `subject`, in the second version of NATS' claims.
fn jwt(issuer: &KeyPair, subject: &KeyPair, claims: &Value) -> String {
    let mut claims = claims.clone();
    claims["version"] = json!(2);
    let subject = subject.public_key();
    let body = json!({ "jti": subject, "iat": 0, "iss": issuer.public_key(), "name": subject, "sub": subject, "nats": claims });
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let said = format!("{}.{}", encode(head.to_string().as_bytes()), encode(body.to_string().as_bytes()));
    let signature = issuer.sign(said.as_bytes()).unwrap();
    format!("{said}.{}", encode(&signature))
}
