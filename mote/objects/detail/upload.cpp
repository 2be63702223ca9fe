#include <mote/objects/detail/upload.hpp>

#include <mote/nats/nuid.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace mote::objects::detail {

namespace asio = boost::asio;
using boost::system::system_error;
using clock = std::chrono::steady_clock;

namespace {

/// The information of a new object, without what only its bytes can tell.
object_info checked(const jetstream::context& js, std::string store, object_meta meta) {
    check_store(store);
    const auto max_chunk = js.connection().server().max_payload;
    if (meta.chunk_size < 1 || meta.chunk_size > max_chunk)
        throw_error(errc::bad_config, "chunk size " + std::to_string(meta.chunk_size) + " is not 1 to " +
                                          std::to_string(max_chunk) + ", the server's max_payload");
    object_info info;
    info.name = std::move(meta.name);
    info.description = std::move(meta.description);
    info.headers = std::move(meta.headers);
    info.metadata = std::move(meta.metadata);
    info.chunk_size = meta.chunk_size;
    info.store = std::move(store);
    info.nuid = nats::next_nuid();
    check_info(js, info);  // refused before the bytes are read and sent
    return info;
}

}  // namespace

upload::upload(jetstream::context js, std::string store, object_meta meta)
    : js_(std::move(js)),
      info_(checked(js_, std::move(store), std::move(meta))),
      chunks_(js_, chunks_of(info_.store, info_.nuid), info_.chunk_size) {}

asio::awaitable<void> upload::start() {
    const auto older = co_await load_info(js_, info_.store, info_.name);
    older_nuid_ = older ? older->info.nuid : std::string();
    older_sequence_ = older ? older->sequence : 0;
}

asio::awaitable<void> upload::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto take = std::min(info_.chunk_size - chunk_.size(), bytes.size());
        const auto piece = bytes.substr(0, take);
        bytes.remove_prefix(take);
        if (piece.size() == info_.chunk_size) {  // nothing waits: no copy
            co_await send(piece);
            continue;
        }
        chunk_ += piece;
        if (chunk_.size() < info_.chunk_size) continue;
        co_await send(chunk_);
        chunk_.clear();
    }
}

asio::awaitable<void> upload::send(std::string_view chunk) {
    digest_.add(chunk);
    info_.size += chunk.size();
    ++info_.chunks;
    co_await chunks_.send(chunk);
}

asio::awaitable<object_info> upload::commit() {
    if (!chunk_.empty()) co_await send(chunk_);
    co_await chunks_.finish();
    info_.digest = digest_text(digest_.finish());
    co_await replace_older();
    co_return co_await complete();
}

asio::awaitable<object_info> upload::complete() {
    info_.modified = std::chrono::system_clock::now();
    try {
        co_await purge_chunks(js_, info_.store, older_nuid_, patience_end());
    } catch (const system_error& error) {
        throw system_error(
            error.code(),
            '"' + info_.name + "\" is stored, but the chunks of the older one are not purged: " + error.what());
    }
    co_return info_;
}

/// Compare and set, so that of two writers at the same time the later one knows, and purges, the chunks of the earlier.
asio::awaitable<void> upload::replace_older() {
    const auto deadline = patience_end();
    for (;;) {
        try {
            const bool stored = co_await replace_once();
            if (stored) co_return;
        } catch (const system_error& error) {
            if (!is_passing(error.code()) || clock::now() >= deadline) throw;
        }
        if (clock::now() >= deadline) jetstream::throw_error(jetstream::errc::wrong_last_sequence, info_.name);
        co_await pause_before_retry();
    }
}

/// True when the information is stored. When an acknowledgement did not come, only another try finds out: the stream takes
/// one of them at most, and what became of the others can be read as soon as one is refused.
asio::awaitable<bool> upload::replace_once() {
    const bool sure = outcome_ != outcome::unknown;
    outcome_ = outcome::unknown;
    std::optional<std::uint64_t> stored;
    try {
        stored = co_await replace_info(js_, info_, older_sequence_);
    } catch (const jetstream::server_error&) {
        if (sure) outcome_ = outcome::not_stored;
        throw;
    }
    std::optional<stored_info> found;
    if (!stored) found = co_await load_info(js_, info_.store, info_.name);
    if (stored || (found && found->info.nuid == info_.nuid)) {
        outcome_ = outcome::stored;
        co_return true;
    }
    const auto sequence = found ? found->sequence : 0;
    if (sure || sequence > older_sequence_) outcome_ = outcome::not_stored;
    // That other writer may have replaced ours and purged its chunks.
    if (!sure && sequence > older_sequence_) throw_error(errc::object_changed, info_.name);
    older_nuid_ = found ? found->info.nuid : std::string();
    older_sequence_ = sequence;
    co_return false;
}

asio::awaitable<std::optional<object_info>> upload::recover() {
    try {
        co_await chunks_.settle();
        if (outcome_ == outcome::unknown) co_await replace_older();
        if (outcome_ == outcome::not_stored && info_.chunks > 0)
            co_await purge_chunks(js_, info_.store, info_.nuid, patience_end());
    } catch (const system_error&) {
        // The failure that led here is the one that the caller has to know.
    }
    if (outcome_ != outcome::stored) co_return std::nullopt;
    co_return co_await complete();
}

clock::time_point upload::patience_end() const { return clock::now() + 2 * js_.timeout(); }

}  // namespace mote::objects::detail
