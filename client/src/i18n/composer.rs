//! What to send.

use super::table;

table! {
    /// Words of the composer.
    Composer {
        message: "Message", "消息";
        placeholder_closed: "Message, to send once connected", "消息，连接后发送";
        placeholder_queued: "Message, queued until connected", "消息，连接前先排队";
        placeholder_hex: "Bytes in hex: de ad be ef", "十六进制字节：de ad be ef";
        placeholder_base64: "Bytes in base64", "Base64 编码的字节";
        send: "Send", "发送";
        queue: "Queue", "排队";
        key_sends: "sends", "发送";
        key_breaks: "breaks the line", "换行";
        key_recalls: "recalls", "调出历史";

        // Formats.
        mode: "Kind of message", "消息类型";
        mode_text: "Text", "文本";
        mode_json: "JSON", "JSON";
        mode_hex: "Hex", "Hex";
        mode_base64: "Base64", "Base64";
        mode_file: "File", "文件";
        mode_text_hint: "A text message, as written", "文本消息，按原样发送";
        mode_json_hint: "A text message, checked to be JSON", "文本消息，发送前检查是否为 JSON";
        mode_hex_hint: "A binary message, written in hex", "二进制消息，以十六进制书写";
        mode_base64_hint: "A binary message, written in base64", "二进制消息，以 Base64 书写";
        mode_file_hint: "A message for each file", "每个文件一条消息";
        format: "Format", "格式化";
        format_hint: "Lay out as JSON; digits and order stay", "按 JSON 排版；数字和顺序不变";

        // What the message would be.
        good_text: "{0}", "{0}";
        good_json: "JSON, {0}", "JSON，{0}";
        good_binary: "binary, {0}", "二进制，{0}";
        with_placeholders: "{0}, placeholders are filled when sent", "{0}，发送时填充占位符";
        fault_at: "Line {0}, column {1}: {2}", "第 {0} 行第 {1} 列：{2}";
        fault_show: "Show the place", "定位到此处";
        fault_unclosed: "the placeholder is not closed with }}. For plain braces write {{{{", "占位符缺少结尾的 }}。若要输入普通花括号，请写 {{{{";
        fault_empty: "the placeholder is empty. For plain braces write {{{{", "占位符为空。若要输入普通花括号，请写 {{{{";
        fault_unknown: "nothing is called “{0}”. For plain braces write {{{{", "没有名为“{0}”的占位符。若要输入普通花括号，请写 {{{{";
        fault_argument: "“{0}” is not understood here", "此处无法识别“{0}”";
        fault_random: "random takes two whole numbers, as in {{random 1 100}}", "random 需要两个整数，例如 {{random 1 100}}";
        fault_order: "the first number is above the second", "第一个数大于第二个数";
        fault_value: "a value is expected", "此处应为一个值";
        fault_key: "a name in double quotes is expected", "此处应为双引号括起的名称";
        fault_colon: "“:” is expected after the name", "名称之后应为“:”";
        fault_comma: "“,” or a closing bracket is expected", "此处应为“,”或右括号";
        fault_trailing: "nothing more is expected after the value", "值之后不应再有内容";
        fault_string: "the string is not closed", "字符串没有结束";
        fault_control: "a control character must be escaped inside a string", "字符串中的控制字符必须转义";
        fault_escape: "not a valid escape", "无效的转义";
        fault_number: "not a valid number", "无效的数字";
        fault_deep: "nested too deeply", "嵌套过深";
        fault_character: "“{0}” does not belong here", "此处不应出现“{0}”";
        fault_incomplete: "half a byte is missing", "缺少半个字节";
        not_sent: "Not sent. {0}", "未发送。{0}";

        // Files.
        choose_files: "Choose files", "选择文件";
        drop_hint: "or drop them anywhere on the page", "或将文件拖放到页面任意位置";
        drop_here: "Drop to put the files into the composer", "松开即可将文件放入编辑框";
        files_as_text: "As text messages", "作为文本消息发送";
        file_remove: "Remove {0}", "移除 {0}";
        files_total: "{0} file, {1}|{0} files, {1}", "{0} 个文件，共 {1}";
        file_too_large: "{0} has {1}; at most {2} are sent at once.", "{0} 的大小为 {1}；一次最多发送 {2}。";
        file_unreadable: "{0} could not be read. It may have been moved or changed.", "无法读取 {0}，文件可能已被移动或修改。";
        file_not_text: "{0} is not UTF-8 text, so it can only be sent as binary.", "{0} 不是 UTF-8 文本，只能以二进制发送。";
        files_none: "Choose a file first.", "请先选择文件。";

        // Drawers.
        drawer_close: "Close", "关闭";
        history: "History", "历史";
        history_search: "Search what was sent", "搜索已发送的消息";
        history_empty: "Nothing was sent from here yet.", "还没有从这里发送过消息。";
        history_none: "Nothing that was sent contains this.", "没有已发送的消息包含此内容。";
        history_clear: "Forget all", "全部清除";
        saved: "Saved", "收藏";
        saved_search: "Search saved messages", "搜索收藏的消息";
        saved_empty: "No messages are saved yet. Write one, name it here and save it.", "还没有收藏的消息。写好一条后，在这里命名并保存。";
        saved_none: "No saved message contains this.", "没有收藏的消息包含此内容。";
        saved_name: "Name", "名称";
        saved_folder: "Folder", "文件夹";
        saved_folder_hint: "none", "无";
        saved_save: "Save this message", "保存当前消息";
        saved_name_missing: "A name is needed.", "需要填写名称。";
        saved_files: "Files cannot be saved, only written messages.", "文件无法保存，只能保存书写的消息。";
        saved_done: "Saved as {0}.", "已保存为 {0}。";
        saved_replaced: "{0} is replaced.", "已替换 {0}。";
        saved_deleted: "{0} is deleted.", "已删除 {0}。";
        saved_sent: "{0} is sent.", "已发送 {0}。";
        saved_undo: "Undo", "撤销";
        saved_load: "Put {0} into the composer", "将 {0} 放入编辑框";
        saved_send: "Send {0}", "发送 {0}";
        saved_delete: "Delete {0}", "删除 {0}";
        saved_no_folder: "Without a folder", "未分类";
        storage_refused: "The browser's storage is full or switched off; nothing was saved.", "浏览器存储已满或被禁用，未能保存。";
        storage_foreign: "What is stored as saved messages is not understood. It is left as it is, and nothing can be saved.", "无法识别已存储的收藏内容。原内容保持不变，暂时无法保存。";

        // Repeated sending.
        repeat: "Repeat", "重复发送";
        repeat_this: "This message", "当前消息";
        repeat_list: "Saved messages in order", "按顺序发送收藏的消息";
        repeat_every: "Every", "间隔";
        repeat_millis: "ms", "毫秒";
        repeat_times: "Times", "次数";
        repeat_rounds: "Rounds", "轮数";
        repeat_endless: "endless", "不限";
        repeat_add: "Add a message", "添加消息";
        repeat_add_none: "Save messages first; then they can be sent in order.", "请先收藏消息，然后即可按顺序发送。";
        repeat_wait: "wait", "等待";
        repeat_wait_before: "Milliseconds to wait before {0}", "发送 {0} 前等待的毫秒数";
        repeat_up: "Move {0} up", "上移 {0}";
        repeat_remove: "Take {0} out", "移出 {0}";
        repeat_start: "Start", "开始";
        repeat_stop: "Stop", "停止";
        repeat_hint: "The first is sent at once. {{n}} counts from 1 in each run.", "第一条立即发送。每次运行中 {{n}} 从 1 开始计数。";
        repeat_closed: "Connect first.", "请先连接。";
        repeat_files: "Files are not sent on repeat.", "文件不支持重复发送。";
        repeat_interval_wrong: "The interval is a whole number of milliseconds from 1 to 86 400 000, a day.", "间隔须为 1 到 86 400 000（一天）之间的整数毫秒。";
        repeat_delay_wrong: "A wait is a whole number of milliseconds from 0 to 86 400 000, a day.", "等待须为 0 到 86 400 000（一天）之间的整数毫秒。";
        repeat_times_wrong: "How often is a whole number from 1, or nothing for endless.", "次数须为不小于 1 的整数，留空表示不限。";
        repeat_list_empty: "Add at least one message.", "请至少添加一条消息。";
        repeat_no_delay: "A list that is sent more than once needs a wait somewhere.", "多轮发送的列表至少需要一处等待。";
        repeat_gone: "{0} is no longer saved.", "{0} 已不在收藏中。";
        run_of: "Sent {0} of {1}", "已发送 {0} / {1}";
        run_endless: "Sent {0}", "已发送 {0}";
        run_running: "{0}", "{0}";
        run_held: "{0}. Waiting for the connection", "{0}。等待连接";
        run_finished: "{0}. Done", "{0}。已完成";
        run_stopped: "{0}. Stopped", "{0}。已停止";
        run_closed: "{0}. Stopped: the connection is closed", "{0}。已停止：连接已关闭";
        run_refused: "{0}. Stopped: the message was not accepted", "{0}。已停止：消息未被接受";
        run_faulty: "{0}. Stopped: {1}", "{0}。已停止：{1}";
        run_skipped: "{0}, {1} left out while the page was busy or asleep", "{0}，页面繁忙或休眠期间跳过 {1} 条";
        run_dismiss: "Dismiss", "知道了";

        // Placeholders and closing.
        more: "More", "更多";
        placeholders: "Placeholders", "占位符";
        placeholders_on: "Fill placeholders when sending", "发送时填充占位符";
        placeholder_n: "number of the message: 1, 2, 3 …", "消息序号：1、2、3……";
        placeholder_uuid: "a random UUID", "随机 UUID";
        placeholder_now: "the time, ISO 8601", "当前时间，ISO 8601";
        placeholder_millis: "milliseconds since 1970; s for seconds", "1970 年以来的毫秒数；s 表示秒";
        placeholder_random: "a whole number from 1 to 100", "1 到 100 之间的整数";
        placeholder_braces: "two plain braces", "两个普通花括号";
        placeholder_insert: "Insert {0}", "插入 {0}";
        variables: "Your own", "自定义占位符";
        variable_name: "Name", "名称";
        variable_value: "Value", "值";
        variable_add: "Add", "添加";
        variable_set: "Set", "更新";
        variable_remove: "Remove {0}", "移除 {0}";
        variable_name_wrong: "A name begins with a letter or _, goes on with letters, digits, _ - and ., and is none of n, now, random, uuid.", "名称须以字母或 _ 开头，后接字母、数字、_、- 或 .，且不能是 n、now、random、uuid。";
        variable_kept: "Kept in this browser, for the address and messages of every connection.", "保存在此浏览器中，可用于所有连接的地址和消息。";
        closing: "Close with a code", "以指定代码关闭";
        closing_code: "Code", "代码";
        closing_reason: "Reason", "原因";
        closing_reason_hint: "optional", "可选";
        closing_left: "{0} of 123 bytes", "{0} / 123 字节";
        closing_close: "Close the connection", "关闭连接";
        closing_code_wrong: "Browsers send only 1000 and 3000 to 4999.", "浏览器只能发送 1000 和 3000 至 4999。";
        closing_reason_long: "The reason is too long: a Close frame has room for 123 bytes.", "原因过长：关闭帧最多容纳 123 字节。";
        closing_none: "There is no connection to close.", "没有可关闭的连接。";
    }
}
