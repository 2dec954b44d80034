//! Settings, profiles and help.

use super::table;

table! {
    /// Words of the settings, the profiles and the help sheet.
    Settings {
        title: "Settings", "设置";
        close: "Close", "关闭";
        cancel: "Cancel", "取消";
        undo: "Undo", "撤销";
        sections: "Sections", "分类";
        of_connection: "This connection", "当前连接";
        of_page: "Page", "页面";
        pane_heartbeat: "Heartbeat", "心跳";
        pane_reconnect: "Reconnecting", "重连";
        pane_opening: "On connect", "连接时";
        pane_log: "Log", "日志";
        pane_appearance: "Appearance", "外观";
        kept_for_new: "For this connection, and kept for new ones.", "用于当前连接，新建的连接也会沿用。";
        only_here: "For this connection only. Save it as a profile to keep it.", "仅用于当前连接。保存为配置后可长期保留。";
        for_all: "For all connections.", "用于所有连接。";
        restore: "Restore defaults", "恢复默认";

        // Heartbeat.
        heartbeat: "Send heartbeats", "发送心跳";
        heartbeat_hint: "A message like any other: browsers let no page send WebSocket pings.", "心跳就是一条普通消息：浏览器不允许页面发送 WebSocket Ping 帧。";
        payload: "Message", "消息";
        payload_hint: "{token} becomes a text that differs each time.", "{token} 会替换为每次不同的文本。";
        payload_empty: "A heartbeat needs a message.", "请填写心跳消息。";
        format: "Format", "格式";
        format_text: "Text", "文本";
        format_json: "JSON", "JSON";
        format_hex: "Hex", "十六进制";
        format_base64: "Base64", "Base64";
        answer: "Answer", "应答";
        answer_hint: "What counts as the answer. It is kept out of the log's messages, and its time is the RTT.", "怎样算作应答。应答不计入日志中的消息，其耗时即往返时间。";
        answer_echo: "The same message coming back", "原样返回的消息";
        answer_exact: "A text equal to", "内容等于";
        answer_contains: "A text that contains", "内容包含";
        answer_json: "JSON with a field", "含有指定字段的 JSON";
        answer_any: "Any message", "任何消息";
        answer_none: "None: only keep the path open", "不期望应答：仅保持链路";
        answer_text: "Answer's text", "应答内容";
        answer_name: "Field", "字段";
        answer_value: "Value", "值";
        answer_empty: "Say what the answer looks like.", "请填写应答的内容。";
        answer_name_empty: "Name the field.", "请填写字段名称。";
        interval: "After silence of", "静默多久后发送";
        interval_hint: "Stay below the idle limits on the way; many proxies have 60 s.", "应小于途中的空闲时限；许多代理为 60 s。";
        deadline: "Answer within", "应答期限";
        deadline_hint: "Longer silence counts as a dead connection.", "超过此期限没有任何消息，则视为连接已失效。";
        even_when_busy: "Also while messages come in", "有消息到来时也发送";
        even_when_busy_hint: "Keeps the RTT measured on a busy connection.", "在繁忙的连接上也能持续测量往返时间。";
        reconnect_when_missed: "Reconnect when the answer is missing", "没有应答时重新连接";
        reconnect_when_missed_hint: "Off, a missed heartbeat is only reported.", "关闭后，心跳丢失只会提示。";

        // Reconnecting.
        reconnect: "Reconnect by itself", "自动重连";
        reconnect_hint: "Off, every end is final.", "关闭后，任何断开都不再恢复。";
        min_delay: "Shortest delay", "最短等待";
        max_delay: "Longest delay", "最长等待";
        delay_hint: "Each delay is random between the shortest and a limit that doubles with every failure, up to the longest.", "每次等待在最短值与上限之间随机选取；上限随每次失败加倍，直到最长值。";
        max_delay_wrong: "The longest delay is below the shortest.", "最长等待小于最短等待。";
        attempts: "Attempts in a row", "连续尝试次数";
        attempts_hint: "Empty: never give up.", "留空表示永不放弃。";
        attempts_wrong: "A whole number from 1, or nothing.", "请填写不小于 1 的整数，或留空。";
        stop_codes: "Stop after close codes", "遇到这些关闭代码时停止";
        stop_codes_hint: "Codes and ranges with commas, such as 1002, 4000-4999.", "代码或范围，用逗号分隔，例如 1002, 4000-4999。";
        codes_wrong: "“{0}” is not a close code. Codes run from 1000 to 4999.", "“{0}”不是关闭代码。代码范围为 1000 到 4999。";
        codes_backwards: "“{0}” runs backwards.", "“{0}”的起止顺序颠倒。";
        duration_wrong: "“{0}” is not a time from 10 ms to 24 h. Write 20 s, 500 ms or 2 min.", "“{0}”不是 10 ms 到 24 h 之间的时间。请写作 20 s、500 ms 或 2 min。";

        // On connect.
        protocols: "Subprotocols", "子协议";
        protocols_hint: "Offered to the server, the preferred one first, with commas. Used from the next connection on.", "按优先顺序提供给服务器，用逗号分隔。从下一次连接起生效。";
        opening: "Opening messages", "开场消息";
        opening_hint: "Sent first on every connection and again after each reconnect, in this order: a login, a subscription. Placeholders are filled each time.", "每次连接后最先发送，重连后也会再次发送，按此顺序：例如登录、订阅。占位符每次都会重新填充。";
        opening_none: "No opening messages.", "没有开场消息。";
        opening_add: "Add a message", "添加消息";
        opening_nth: "Opening message {0}", "开场消息 {0}";
        opening_remove: "Remove opening message {0}", "移除开场消息 {0}";
        opening_up: "Move opening message {0} up", "上移开场消息 {0}";
        opening_fault: "A message sent on connect cannot be made", "无法生成连接时发送的消息";

        // Log.
        limit_entries: "Entries kept", "保留的条目数";
        limit_entries_hint: "From {0} to {1}. The oldest are dropped first, and the log says how many.", "{0} 到 {1} 之间。最早的条目会先被丢弃，日志会显示丢弃了多少。";
        limit_entries_wrong: "A whole number from {0} to {1}.", "请填写 {0} 到 {1} 之间的整数。";
        limit_mib: "Memory kept, MiB", "保留的内存（MiB）";
        limit_mib_hint: "From 1 to {0}, for each connection.", "1 到 {0} 之间，每个连接分别计算。";
        time_mode: "Times", "时间";
        time_mode_hint: "How the log begins. Each log can be switched on its own.", "日志的初始显示方式。每个日志可单独切换。";

        // Appearance.
        theme: "Theme", "主题";
        theme_system: "Automatic", "自动";
        theme_light: "Light", "浅色";
        theme_dark: "Dark", "深色";
        density: "Rows", "行距";
        density_normal: "Comfortable", "舒适";
        density_compact: "Compact", "紧凑";
        language: "Language", "语言";
        language_auto: "Automatic", "自动";
        language_auto_hint: "As the browser asks for: {0}.", "跟随浏览器：{0}。";
        single_keys: "Single-key shortcuts", "单键快捷键";
        single_keys_hint: "Off, no letter does anything outside a field. Press ? for the list.", "关闭后，在输入框之外按字母键不会触发操作。按 ? 查看列表。";

        // Profiles.
        profiles: "Profiles", "配置";
        profiles_empty: "No profiles yet", "还没有配置";
        profiles_empty_why: "A profile keeps an address with its subprotocols, heartbeat, reconnect policy and opening messages.", "配置会保存地址及其子协议、心跳、重连策略和开场消息。";
        profiles_found: "Find a profile", "查找配置";
        profiles_none_found: "No profile has “{0}” in its name, group or address.", "没有配置的名称、分组或地址包含“{0}”。";
        profiles_unreadable: "The stored profiles cannot be read, so nothing is saved over them. {0}", "无法读取已存储的配置，因此不会覆盖它们。{0}";
        profiles_refused: "The browser's storage is full or forbidden. Nothing was saved.", "浏览器存储空间已满或被禁止，没有保存任何内容。";
        profile_save: "Save this connection", "保存当前连接";
        profile_saved: "Saved “{0}”.", "已保存“{0}”。";
        profile_replaced: "Replaced “{0}”.", "已替换“{0}”。";
        profile_replace: "Replace “{0}”", "替换“{0}”";
        profile_name: "Name", "名称";
        profile_name_empty: "Give it a name.", "请填写名称。";
        profile_name_taken: "Another profile of this group has this name.", "该分组中已有同名配置。";
        profile_gone: "This profile is gone; it was probably removed in another window.", "该配置已不存在，可能已在另一个窗口中删除。";
        profile_group: "Group", "分组";
        profile_group_hint: "none", "无";
        profile_ungrouped: "Without a group", "未分组";
        profile_variables: "Variables it uses", "使用的变量";
        profile_variables_hint: "The values of secrets are kept in this browser only: they are in no link, and in a file only if you ask for it.", "机密变量的值只保存在此浏览器中：不会出现在链接里，只有您要求时才会写入文件。";
        profile_secret: "{0} is secret", "{0} 是机密";
        profile_messages: "Saved messages to include", "附带的已存消息";
        profile_messages_none: "None", "无";
        profile_messages_all: "All", "全部";
        profile_open: "Open “{0}” in a new tab", "在新标签中打开“{0}”";
        profile_link: "Copy a link to “{0}”", "复制“{0}”的链接";
        profile_rename: "Rename “{0}”", "重命名“{0}”";
        profile_remove: "Delete “{0}”", "删除“{0}”";
        profile_removed: "Deleted “{0}”.", "已删除“{0}”。";
        profile_renamed: "Renamed to “{0}”.", "已重命名为“{0}”。";
        rename: "Rename", "重命名";
        link_copied: "Link to “{0}” copied. It carries no secrets.", "已复制“{0}”的链接，其中不含机密。";
        link_copied_suspicious: "Link to “{0}” copied. It contains the word “{1}”: if that comes with a secret, put the secret in a variable first.", "已复制“{0}”的链接。其中含有“{1}”一词：如果附带了机密，请先把机密放入变量。";
        link_not_copied: "The browser did not let the link be copied. Here it is:", "浏览器不允许复制链接。链接如下：";
        link_title: "From a link: {0}", "来自链接：{0}";
        link_nothing_sent: "Check the address, then connect. Nothing has been sent.", "请检查地址后再连接。尚未发送任何内容。";
        link_opening: "One message will be sent on connect; see the settings.|{0} messages will be sent on connect; see the settings.", "连接时将发送 {0} 条消息，详见设置。";
        link_missing: "Give these variables a value first: {0}.", "请先为这些变量填写值：{0}。";
        link_damaged: "The link could not be read", "无法读取链接";
        link_cut: "It was cut off or changed on its way. Ask for it again.", "链接在传递中被截断或改动。请重新获取。";
        sentences: "{0} {1}", "{0}{1}";

        // Files of profiles.
        file_export: "Export all", "全部导出";
        file_secrets: "With secrets", "包含机密";
        file_import: "Import a file", "导入文件";
        file_unreadable: "The file cannot be imported", "无法导入文件";
        file_read_failed: "The browser could not read it.", "浏览器无法读取该文件。";
        file_empty: "The file has no profiles.", "文件中没有配置。";
        profiles_not_json: "It is not JSON, from byte {0} on.", "从第 {0} 个字节起不是 JSON。";
        profiles_other_kind: "It holds something other than Heartwire's profiles.", "其中的内容不是 Heartwire 的配置。";
        profiles_newer: "It was written by a newer Heartwire (format {0}). Update this one, or export again over there.", "它由更新版本的 Heartwire 写成（格式 {0}）。请更新本程序，或在那边重新导出。";
        profiles_field: "In profile {0}, {1} has a value that it cannot have.", "第 {0} 个配置中，{1} 的值无效。";
        import_new: "One profile is new.|{0} profiles are new.", "{0} 个新配置。";
        import_same: "One is here already.|{0} are here already.", "{0} 个已经存在且相同。";
        import_differing: "One is here but differs:|{0} are here but differ:", "{0} 个已存在但内容不同：";
        import_differs: "{0}: {1}", "{0}：{1}";
        import_comma: ", ", "、";
        import_conflict: "Profiles that differ", "内容不同的配置";
        import_both: "Keep both", "都保留";
        import_mine: "Keep mine", "保留现有的";
        import_theirs: "Take the file's", "采用文件中的";
        import_do: "Import", "导入";
        import_done: "{0} added, {1} replaced, {2} left as they were.", "新增 {0} 个，替换 {1} 个，保持不变 {2} 个。";
        part_url: "address", "地址";
        part_protocols: "subprotocols", "子协议";
        part_heartbeat: "heartbeat", "心跳";
        part_reconnect: "reconnecting", "重连";
        part_opening: "opening messages", "开场消息";
        part_variables: "variables", "变量";
        part_messages: "saved messages", "已存消息";

        // Help.
        help: "Help", "帮助";
        help_keys: "Keyboard", "键盘";
        help_intro: "Heartwire connects to a WebSocket server and shows everything that happens. Enter an address and press Enter.", "Heartwire 连接 WebSocket 服务器并显示发生的一切。输入地址后按回车即可。";
        help_keys_off: "Single-key shortcuts are switched off in the settings.", "单键快捷键已在设置中关闭。";
        help_general: "Everywhere", "通用";
        help_connection: "Connection", "连接";
        help_log: "Log", "日志";
        help_composer: "Message", "消息";
        help_codes: "Close codes", "关闭代码";
        help_code: "Explain a code", "解释代码";
        help_code_wrong: "Close codes are numbers from 0 to 65535; 1000 to 4999 are in use.", "关闭代码是 0 到 65535 的数字；实际使用的是 1000 到 4999。";
        help_links: "Address parameters", "地址参数";
        help_params: "A link may say where to connect: ?url=wss://host/path, and connect at once with &connect=1. &hb=, &deadline=, &min= and &max= set heartbeat and delays in milliseconds.", "链接可以指定连接目标：?url=wss://host/path，加上 &connect=1 会立即连接。&hb=、&deadline=、&min= 和 &max= 以毫秒设置心跳与等待时间。";
        key_help: "This help", "打开帮助";
        key_settings: "Settings", "设置";
        key_profiles: "Profiles", "配置";
        key_escape: "Close what is open", "关闭打开的内容";
        key_tab_new: "New connection", "新建连接";
        key_tab_step: "Previous or next connection", "上一个或下一个连接";
        key_tab_number: "Connection by its number", "按序号切换连接";
        key_address: "Go to the address", "转到地址栏";
        key_connect: "Connect, or retry now", "连接，或立即重试";
        key_disconnect: "Disconnect", "断开";
        key_panels: "Detail, health or plot", "详情、健康或图表";
        key_log: "Go to the log", "转到日志";
        key_rows: "Select the row above or below", "选择上一行或下一行";
        key_ends: "First or last row", "第一行或最后一行";
        key_page: "A page up or down", "向上或向下翻页";
        key_filter: "Filter", "筛选";
        key_find: "Find", "查找";
        key_pause: "Pause or go on", "暂停或继续";
        key_composer: "Go to the message", "转到消息编辑框";
        key_send: "Send", "发送";
        key_line: "New line", "换行";
        key_history: "Earlier or later message, from the first line", "较早或较晚的消息（光标在首行时）";
    }
}
