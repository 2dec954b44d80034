//! What a close code means, and what to do about it, in each language of the page.
//!
//! Sources: RFC 6455 section 7.4, the IANA "WebSocket Close Code Number Registry" (1012-1014, 3000, 3003, 3008), and
//! for codes that belong to nobody the conventions most servers follow: 4000 plus an HTTP status, the protocol of
//! GraphQL over WebSocket, and the ranges of Pusher.

/// A language in which codes are explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

/// A close code explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The registry's name for it, or that of the convention or range it belongs to.
    pub name: &'static str,
    /// What happened, in one or two plain sentences.
    pub sentence: &'static str,
    /// What to do about it, in one or two plain sentences.
    pub advice: &'static str,
}

/// One meaning of a code in every language: name, sentence, advice.
struct Row {
    english: [&'static str; 3],
    chinese: [&'static str; 3],
}

/// Explains a code that a browser reports or a person chooses.
#[must_use]
pub const fn explain(code: u16, language: Language) -> Explanation {
    let row = row(code);
    let [name, sentence, advice] = match language {
        Language::English => row.english,
        Language::Chinese => row.chinese,
    };
    Explanation { name, sentence, advice }
}

/// Whether a browser lets a page close with this code: 1000 and 3000-4999 (WebSockets standard, `close()`).
#[must_use]
pub const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000 | 3000..=4999)
}

const fn row(code: u16) -> &'static Row {
    match code {
        0..=2999 => protocol_row(code),
        3000..=3999 => registered_row(code),
        4000.. => private_row(code),
    }
}

const fn protocol_row(code: u16) -> &'static Row {
    match code {
        1000 => &Row {
            english: [
                "normal closure",
                "The purpose of the connection was fulfilled.",
                "Nothing to do. If it came too early, look in the server for what ended the session.",
            ],
            chinese: [
                "正常关闭",
                "连接的目的已经达成。",
                "无需处理。如果关闭得过早，请查看服务器为何结束会话。",
            ],
        },
        1001 => &Row {
            english: [
                "going away",
                "One side is leaving: the server is shutting down, or the page was left.",
                "Reconnect. If it happens at regular intervals, look for an idle limit in the server or a proxy.",
            ],
            chinese: [
                "离开",
                "其中一方正在离开：服务器正在停止，或页面已被离开。",
                "请重新连接。如果每隔固定时间发生一次，请检查服务器或代理的空闲时限。",
            ],
        },
        1002 => &Row {
            english: [
                "protocol error",
                "One side broke the WebSocket protocol.",
                "Check the frames the server sends: masking, reserved bits, the order of fragments. A retry will not help.",
            ],
            chinese: [
                "协议错误",
                "其中一方违反了 WebSocket 协议。",
                "请检查服务器发出的帧：掩码、保留位、分片顺序。重试没有帮助。",
            ],
        },
        1003 => &Row {
            english: [
                "unsupported data",
                "The peer does not accept this type of message.",
                "Send text instead of binary, or the other way round.",
            ],
            chinese: [
                "不支持的数据",
                "对端不接受这种类型的消息。",
                "请把二进制消息改为文本，或把文本改为二进制。",
            ],
        },
        1005 => &Row {
            english: [
                "no status",
                "The peer closed the connection properly, but without giving a code.",
                "Usually harmless. A server that sends a code makes its reasons easier to tell apart.",
            ],
            chinese: [
                "没有状态码",
                "对端正常关闭了连接，但没有给出代码。",
                "通常无害。如果服务器给出代码，原因会更容易分辨。",
            ],
        },
        1006 => &Row {
            english: [
                "abnormal closure",
                "The connection ended without a closing handshake: a process died, the network dropped, or a proxy \
                 in between gave up.",
                "Check that the server is up and look in its log. If it happens after silence, turn the heartbeat on \
                 or raise the idle limit of the proxy.",
            ],
            chinese: [
                "异常关闭",
                "连接没有经过关闭握手就结束了：进程退出、网络中断，或中间的代理放弃了连接。",
                "请确认服务器正在运行并查看其日志。如果发生在静默之后，请打开心跳，或调大代理的空闲时限。",
            ],
        },
        1007 => &Row {
            english: [
                "invalid payload",
                "A message's content did not match its type, such as text that is not UTF-8.",
                "Send such bytes as a binary message, or check how the sender encodes its text.",
            ],
            chinese: [
                "内容无效",
                "消息内容与其类型不符，例如文本不是有效的 UTF-8。",
                "请把这样的字节作为二进制消息发送，或检查发送方的文本编码。",
            ],
        },
        1008 => &Row {
            english: [
                "policy violation",
                "The peer refuses by its own rules.",
                "Check credentials, the page's origin, and what was sent last. The reason, if there is one, says more.",
            ],
            chinese: [
                "违反策略",
                "对端根据自己的规则拒绝。",
                "请检查凭据、页面来源以及最后发送的内容。如果附有原因，请以原因为准。",
            ],
        },
        1009 => &Row {
            english: [
                "message too big",
                "A message was larger than the peer accepts.",
                "Split it into smaller messages, or raise the limit at the server.",
            ],
            chinese: ["消息过大", "消息超过了对端接受的大小。", "请拆分成较小的消息，或调大服务器的上限。"],
        },
        1010 => &Row {
            english: [
                "mandatory extension",
                "The client required an extension that the server did not agree to.",
                "Enable the extension at the server. Browsers never require one, so another client is the cause.",
            ],
            chinese: [
                "缺少必需的扩展",
                "客户端要求的扩展没有得到服务器同意。",
                "请在服务器上启用该扩展。浏览器不会强制要求扩展，因此原因在其他客户端。",
            ],
        },
        1011 => &Row {
            english: [
                "internal error",
                "The server met an error that it could not handle.",
                "Look in the server's log for the moment of the close. What was sent last is the likely trigger.",
            ],
            chinese: [
                "内部错误",
                "服务器遇到了无法处理的错误。",
                "请查看服务器在关闭时刻的日志。最后发送的消息很可能是诱因。",
            ],
        },
        1012 => &Row {
            english: [
                "service restart",
                "The server is restarting.",
                "Reconnect after a random delay of some seconds, so that not all clients return at once.",
            ],
            chinese: ["服务重启", "服务器正在重启。", "请随机等待数秒后再重连，避免所有客户端同时返回。"],
        },
        1013 => &Row {
            english: [
                "try again later",
                "The server is overloaded.",
                "Reconnect after a longer random delay, and send less.",
            ],
            chinese: ["稍后再试", "服务器过载。", "请等待较长的随机时间后再重连，并减少发送量。"],
        },
        1014 => &Row {
            english: [
                "bad gateway",
                "A gateway got an invalid answer from the server behind it.",
                "Check that the server behind the gateway runs and speaks WebSocket, and that the gateway passes \
                 the upgrade on.",
            ],
            chinese: [
                "网关错误",
                "网关从其后的服务器收到了无效应答。",
                "请确认网关后的服务器正在运行并支持 WebSocket，且网关会转发升级请求。",
            ],
        },
        1015 => &Row {
            english: [
                "TLS handshake",
                "The TLS handshake failed.",
                "Check that the certificate is trusted, has not expired and names this host.",
            ],
            chinese: [
                "TLS 握手失败",
                "TLS 握手没有成功。",
                "请检查证书是否受信任、是否过期、是否包含该主机名。",
            ],
        },
        0..=999 => &Row {
            english: [
                "not used",
                "Codes below 1000 are not used in WebSocket.",
                "The server should send 1000 to 1014 or 3000 to 4999.",
            ],
            chinese: [
                "未使用",
                "WebSocket 不使用小于 1000 的代码。",
                "服务器应当使用 1000 到 1014 或 3000 到 4999。",
            ],
        },
        _ => &Row {
            english: [
                "reserved",
                "This code is reserved for the protocol and has no agreed meaning.",
                "The server should send a registered code, or one of its own from 4000 to 4999.",
            ],
            chinese: [
                "保留",
                "此代码为协议保留，没有约定的含义。",
                "服务器应当使用已注册的代码，或 4000 到 4999 中的自定义代码。",
            ],
        },
    }
}

const fn registered_row(code: u16) -> &'static Row {
    match code {
        3000 => &Row {
            english: [
                "unauthorized",
                "The endpoint wants credentials that were missing or wrong.",
                "Check the token, cookie or login message, and whether it has expired.",
            ],
            chinese: [
                "未授权",
                "该端点需要凭据，但凭据缺失或有误。",
                "请检查令牌、Cookie 或登录消息，以及是否已过期。",
            ],
        },
        3003 => &Row {
            english: [
                "forbidden",
                "The endpoint knows who is asking and refuses all the same.",
                "Ask for the permission, or use another account. A retry will not help.",
            ],
            chinese: [
                "禁止访问",
                "该端点知道请求者是谁，但仍然拒绝。",
                "请申请权限，或换用其他账号。重试没有帮助。",
            ],
        },
        3008 => &Row {
            english: [
                "timeout",
                "The endpoint waited too long for something it needed.",
                "Send what it expects sooner, such as the login message or a heartbeat.",
            ],
            chinese: [
                "超时",
                "该端点等待所需内容的时间过长。",
                "请更早发送它期望的内容，例如登录消息或心跳。",
            ],
        },
        _ => &Row {
            english: [
                "library code",
                "A code for libraries and frameworks.",
                "The documentation of the server's library explains it.",
            ],
            chinese: ["库代码", "供库和框架使用的代码。", "请查阅服务器所用库的文档。"],
        },
    }
}

const fn private_row(code: u16) -> &'static Row {
    match code {
        4400 => &Row {
            english: [
                "bad request (by convention)",
                "A code of the application's own. By convention it is HTTP 400: a message was not understood. \
                 GraphQL servers send it for an invalid message.",
                "Check the form of the message sent last.",
            ],
            chinese: [
                "请求有误（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 400：有一条消息无法理解。GraphQL 服务器在消息无效时发送它。",
                "请检查最后发送的消息的格式。",
            ],
        },
        4401 => &Row {
            english: [
                "unauthorized (by convention)",
                "A code of the application's own. By convention it is HTTP 401: credentials are missing or wrong. \
                 GraphQL servers send it for a subscription before the connection was initialised.",
                "Check the token and send the login or connection_init message first.",
            ],
            chinese: [
                "未授权（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 401：凭据缺失或有误。GraphQL 服务器在连接初始化之前收到订阅时发送它。",
                "请检查令牌，并先发送登录消息或 connection_init。",
            ],
        },
        4403 => &Row {
            english: [
                "forbidden (by convention)",
                "A code of the application's own. By convention it is HTTP 403: access is refused.",
                "Ask for the permission, or use other credentials.",
            ],
            chinese: [
                "禁止访问（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 403：访问被拒绝。",
                "请申请权限，或使用其他凭据。",
            ],
        },
        4404 => &Row {
            english: [
                "not found (by convention)",
                "A code of the application's own. By convention it is HTTP 404: what was asked for does not exist.",
                "Check the path, the room or the identifier.",
            ],
            chinese: [
                "未找到（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 404：所请求的内容不存在。",
                "请检查路径、房间或标识符。",
            ],
        },
        4406 => &Row {
            english: [
                "subprotocol not acceptable (by convention)",
                "A code of the application's own. GraphQL servers send it if they speak none of the subprotocols \
                 that were offered.",
                "Add the subprotocol the server expects, such as graphql-transport-ws.",
            ],
            chinese: [
                "子协议不可接受（约定）",
                "应用自定义的代码。GraphQL 服务器不支持所提供的任何子协议时发送它。",
                "请添加服务器期望的子协议，例如 graphql-transport-ws。",
            ],
        },
        4408 => &Row {
            english: [
                "timeout (by convention)",
                "A code of the application's own. By convention it is HTTP 408: the server waited too long. GraphQL \
                 servers send it if connection_init does not come in time.",
                "Make the first message an opening message, so that it leaves as soon as the connection opens.",
            ],
            chinese: [
                "超时（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 408：服务器等待过久。GraphQL 服务器没有及时收到 connection_init 时发送它。",
                "请把第一条消息设为开场消息，使它在连接打开后立即发出。",
            ],
        },
        4409 => &Row {
            english: [
                "conflict (by convention)",
                "A code of the application's own. By convention it is HTTP 409: the same thing exists already, such \
                 as a subscription of that id or another session of this user.",
                "Use a new id, or end the other session.",
            ],
            chinese: [
                "冲突（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 409：相同的内容已经存在，例如同一 id 的订阅，或该用户的另一个会话。",
                "请使用新的 id，或结束另一个会话。",
            ],
        },
        4429 => &Row {
            english: [
                "too many requests (by convention)",
                "A code of the application's own. By convention it is HTTP 429: too much was sent, or too many \
                 connections were opened.",
                "Send less often, and reconnect after a longer delay.",
            ],
            chinese: [
                "请求过多（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 429：发送过多，或打开的连接过多。",
                "请降低发送频率，并等待较长时间后再重连。",
            ],
        },
        4500..=4504 => &Row {
            english: [
                "server error (by convention)",
                "A code of the application's own. By convention it is an HTTP status of the 500s: the server failed.",
                "Look in the server's log. A retry after a while may help.",
            ],
            chinese: [
                "服务器错误（约定）",
                "应用自定义的代码。按惯例相当于 HTTP 5xx：服务器出错。",
                "请查看服务器日志。稍后重试可能有效。",
            ],
        },
        4001 => &Row {
            english: [
                "private code",
                "A code of the application's own. Many servers use 4001 for missing or wrong credentials; Discord \
                 uses it for an unknown opcode, Pusher for an unknown application.",
                "Check the credentials, then the server's documentation.",
            ],
            chinese: [
                "私有代码",
                "应用自定义的代码。许多服务器用 4001 表示凭据缺失或有误；Discord 表示未知的操作码，Pusher 表示应用不存在。",
                "请先检查凭据，再查阅服务器的文档。",
            ],
        },
        4003 => &Row {
            english: [
                "private code",
                "A code of the application's own. Many servers use 4003 for a refusal; Discord uses it for a message \
                 sent before the login, Pusher for a disabled application.",
                "Check permissions and the order of the first messages, then the server's documentation.",
            ],
            chinese: [
                "私有代码",
                "应用自定义的代码。许多服务器用 4003 表示拒绝访问；Discord 表示在登录之前发送了消息，Pusher 表示应用已停用。",
                "请检查权限和最初几条消息的顺序，再查阅服务器的文档。",
            ],
        },
        4008 => &Row {
            english: [
                "private code",
                "A code of the application's own. Discord uses 4008 for a client that sends too fast, Pusher for an \
                 address without the protocol's version.",
                "Check the rate of messages, then the server's documentation.",
            ],
            chinese: [
                "私有代码",
                "应用自定义的代码。Discord 用 4008 表示客户端发送过快，Pusher 表示地址中没有写明协议版本。",
                "请检查消息的发送频率，再查阅服务器的文档。",
            ],
        },
        4100..=4199 => &Row {
            english: [
                "private code",
                "A code of the application's own. Pusher uses 4100 to 4199 for a server over capacity.",
                "Retry after a second or more; otherwise see the server's documentation.",
            ],
            chinese: [
                "私有代码",
                "应用自定义的代码。Pusher 用 4100 到 4199 表示服务器容量不足。",
                "请等待至少一秒后重试；其他情况请查阅服务器的文档。",
            ],
        },
        4200..=4299 => &Row {
            english: [
                "private code",
                "A code of the application's own. Pusher uses 4200 to 4299 for a connection to be opened anew at once.",
                "Retry at once; otherwise see the server's documentation.",
            ],
            chinese: [
                "私有代码",
                "应用自定义的代码。Pusher 用 4200 到 4299 表示应立即重新连接。",
                "请立即重试；其他情况请查阅服务器的文档。",
            ],
        },
        4000..=4999 => &Row {
            english: [
                "private code",
                "A code of the application's own.",
                "The reason, if there is one, and the server's documentation say what it means.",
            ],
            chinese: ["私有代码", "应用自定义的代码。", "含义请参考所附原因（如果有）以及服务器的文档。"],
        },
        _ => &Row {
            english: [
                "not valid",
                "Codes above 4999 are not valid in WebSocket.",
                "The server should send 1000 to 1014 or 3000 to 4999.",
            ],
            chinese: [
                "无效",
                "WebSocket 中大于 4999 的代码无效。",
                "服务器应当使用 1000 到 1014 或 3000 到 4999。",
            ],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn han(text: &str) -> bool {
        text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char))
    }

    #[test]
    fn every_code_is_explained_in_every_language() {
        for code in 0..=u16::MAX {
            let english = explain(code, Language::English);
            assert!(!english.name.is_empty(), "{code}");
            for text in [english.sentence, english.advice] {
                assert!(text.ends_with('.') && !text.contains("  ") && !han(text), "{code}: {text}");
            }
            let chinese = explain(code, Language::Chinese);
            for text in [chinese.name, chinese.sentence, chinese.advice] {
                assert!(han(text), "{code}: {text}");
            }
            assert!(chinese.sentence.ends_with('。') && chinese.advice.ends_with('。'), "{code}");
        }
    }

    #[test]
    fn ranges_meet_where_the_registry_says() {
        let names = [999, 1000, 1004, 1014, 1016, 2999, 3000, 3001, 3999, 4000, 4999, 5000]
            .map(|code| explain(code, Language::English).name);
        assert_eq!(
            names,
            [
                "not used",
                "normal closure",
                "reserved",
                "bad gateway",
                "reserved",
                "reserved",
                "unauthorized",
                "library code",
                "library code",
                "private code",
                "private code",
                "not valid",
            ]
        );
    }

    /// The registered codes, each with a meaning that no other has.
    #[test]
    fn registered_codes_have_meanings_of_their_own() {
        let mut sentences: Vec<_> = (1000..=1015)
            .filter(|code| *code != 1004)
            .chain([3000, 3003, 3008, 3500, 4000, 4401])
            .map(|code| explain(code, Language::English).sentence)
            .collect();
        let all = sentences.len();
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), all);
    }

    #[test]
    fn codes_that_a_page_may_send() {
        let sendable: Vec<_> = (0..=u16::MAX).filter(|code| is_sendable(*code)).collect();
        assert_eq!(sendable.len(), 2001);
        assert!(is_sendable(1000) && is_sendable(3000) && is_sendable(4999) && !is_sendable(1001));
    }
}
