#include <apps/mote/data/kv_actions.hpp>

#include <apps/mote/data/jetstream_access.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<exit_code> kv_of(kv_command chosen, loop*, jetstream::context js) {
    switch (chosen.action) {
        case kv_action::list:
            if (chosen.bucket.empty()) co_return co_await list_buckets(chosen, js);
            co_return co_await list_keys(chosen, js);
        case kv_action::get: co_return co_await get_value(chosen, js);
        case kv_action::put: co_return co_await put_value(chosen, js);
        case kv_action::del: co_return co_await delete_key(chosen, js);
        case kv_action::watch: co_return co_await watch_keys(chosen, js);
        case kv_action::history: break;
    }
    co_return co_await show_history(chosen, js);
}

}  // namespace

std::string operation_name(kv::operation operation) {
    if (operation == kv::operation::put) return "put";
    return operation == kv::operation::del ? "del" : "purge";
}

boost::json::object entry_json(const kv::entry& entry) {
    boost::json::object object;
    object["bucket"] = entry.bucket;
    object["key"] = entry.key;
    object["operation"] = operation_name(entry.operation);
    object["revision"] = entry.revision;
    object["created"] = micro::detail::utc_text(entry.created);
    if (entry.operation != kv::operation::put) return object;
    if (is_utf8(entry.value))
        object["data"] = entry.value;
    else
        object["data_base64"] = base64(entry.value);
    return object;
}

exit_code run(const kv_command& chosen) { return run_with_jetstream(chosen, kv_of); }

}  // namespace mote::command
