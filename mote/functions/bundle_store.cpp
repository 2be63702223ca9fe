#include <mote/functions/bundle_store.hpp>

#include <mote/functions/built_in.hpp>
#include <mote/functions/detail/content_hash.hpp>
#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/limits.hpp>
#include <mote/functions/detail/offload.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>
#include <charconv>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace mote::functions {

namespace asio = boost::asio;

namespace {

constexpr std::string_view name_prefix = "name/";
constexpr std::string_view content_prefix = "sha256/";
constexpr const char* digest_key = "digest";
constexpr const char* size_key = "size";

std::string name_object(const image_name& name) { return std::string(name_prefix) + name.text(); }
std::string content_object(const bundle_digest& digest) { return std::string(content_prefix) + digest.hex; }

/// What an object says of a name. Nothing for one that is none of ours.
std::optional<stored_bundle> read_name(const objects::object_info& info) {
    if (!info.name.starts_with(name_prefix)) return std::nullopt;
    const auto digest = info.metadata.find(digest_key);
    const auto size = info.metadata.find(size_key);
    if (digest == info.metadata.end() || size == info.metadata.end()) return std::nullopt;
    stored_bundle bundle;
    const auto& digits = size->second;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), bundle.size).ec != std::errc())
        return std::nullopt;
    try {
        bundle.name = image_name::parse(std::string_view(info.name).substr(name_prefix.size()));
        bundle.digest = bundle_digest::parse(digest->second);
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
    bundle.modified = info.modified;
    return bundle;
}

/// Hands out a file in pieces.
struct file_source {
    std::filesystem::path path;
    detail::owned_fd fd;
    asio::awaitable<std::string> next() {
        std::string piece(detail::piece_size, '\0');
        piece.resize(detail::read_some(fd.get(), piece.data(), piece.size(), path));
        co_return piece;
    }
};

asio::awaitable<std::string> take_text(std::shared_ptr<std::string> rest) { co_return std::exchange(*rest, {}); }

objects::source source_of(std::string text) {
    auto rest = std::make_shared<std::string>(std::move(text));
    return [rest] { return take_text(rest); };
}

bool is_absent(const boost::system::error_code& code) {
    return code == objects::errc::object_not_found || code == objects::errc::object_deleted ||
           code == objects::errc::object_changed;
}

}  // namespace

bundle_store::bundle_store(objects::store store, bundle_store_options opts) : store_(std::move(store)), opts_(opts) {}

asio::awaitable<bundle_store> bundle_store::open(jetstream::context js, bundle_store_options opts) {
    objects::store_config config;
    config.store = bundle_store_name;
    config.description = "bundles of functions";
    config.replicas = opts.replicas;
    auto store = co_await objects::store::create_or_open(std::move(js), std::move(config));
    co_return bundle_store(std::move(store), opts);
}

asio::awaitable<void> bundle_store::put_content(bundle_digest digest, std::filesystem::path archive) const {
    auto file = std::make_shared<file_source>();
    file->fd = detail::open_file(archive);
    file->path = std::move(archive);
    objects::object_meta meta;
    meta.name = content_object(digest);
    objects::source content = [file] { return file->next(); };
    co_await store_.put(std::move(meta), std::move(content));
}

/// Makes content that is there young again, so that a prune at the same time spares it. False when it is not there.
asio::awaitable<bool> bundle_store::touch_content(bundle_digest digest) const {
    const auto name = content_object(digest);
    const auto info = co_await store_.info(name);
    if (!info) co_return false;
    objects::object_meta same;
    same.name = name;
    try {
        co_await store_.update_meta(name, std::move(same));
    } catch (const boost::system::system_error& error) {
        if (!is_absent(error.code())) throw;
        co_return false;
    }
    co_return true;
}

asio::awaitable<stored_bundle> bundle_store::push(image_name name, std::filesystem::path from) const {
    if (name.digest) throw_error(errc::bad_name, name.text() + ": a digest is what a push gives");
    if (built_in(name)) throw_error(errc::bad_name, name.text() + " is built in");
    const detail::unfinished scratch(detail::unfinished::kind::directory,
                                     std::filesystem::temp_directory_path() / "mote-bundle");
    const auto archive = scratch.path() / "bundle.tar.gz";
    asio::thread_pool packer(1);
    auto work = [from = std::move(from), archive, limits = opts_.limits] { return pack(from, archive, limits); };
    const auto packed = co_await detail::offload(packer.get_executor(), std::move(work));

    const bool is_there = co_await touch_content(packed.digest);
    if (!is_there) co_await put_content(packed.digest, archive);
    objects::object_meta meta;
    meta.name = name_object(name);
    meta.metadata.emplace(digest_key, packed.digest.text());
    meta.metadata.emplace(size_key, std::to_string(packed.size.packed_bytes));
    const auto info = co_await store_.put(std::move(meta), source_of(packed.digest.text()));
    stored_bundle pushed;
    pushed.name = std::move(name);
    pushed.digest = packed.digest;
    pushed.size = packed.size.packed_bytes;
    pushed.modified = info.modified;
    co_return pushed;
}

asio::awaitable<std::optional<stored_bundle>> bundle_store::find(image_name asked) const {
    if (asked.digest) {
        const auto content = co_await store_.info(content_object(*asked.digest));
        if (!content) co_return std::nullopt;
        stored_bundle found;
        found.digest = *asked.digest;
        found.name = std::move(asked);
        found.size = content->size;
        found.modified = content->modified;
        co_return found;
    }
    for (const auto& name : names_that_answer(asked)) {
        const auto info = co_await store_.info(name_object(name));
        if (!info) continue;
        if (auto found = read_name(*info)) co_return found;
    }
    std::optional<stored_bundle> only;
    for (auto& one : co_await list()) {
        if (!says_more_than(one.name, asked)) continue;
        if (only && only->digest != one.digest) co_return std::nullopt;  // which of them is not for us to say
        only = std::move(one);
    }
    co_return only;
}

asio::awaitable<std::vector<stored_bundle>> bundle_store::list() const {
    std::vector<stored_bundle> bundles;
    for (const auto& info : co_await store_.list())
        if (auto bundle = read_name(info)) bundles.push_back(std::move(*bundle));
    std::sort(bundles.begin(), bundles.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    co_return bundles;
}

asio::awaitable<void> bundle_store::remove(image_name name) const {
    try {
        co_await store_.del(name_object(name));
    } catch (const boost::system::system_error& error) {
        if (!is_absent(error.code())) throw;
        throw_error(errc::bundle_not_found, name.text());
    }
}

asio::awaitable<std::uint64_t> bundle_store::prune(std::set<bundle_digest> used, std::chrono::seconds spare) const {
    const auto all = co_await store_.list();
    for (const auto& info : all)
        if (const auto bundle = read_name(info)) used.insert(bundle->digest);
    std::set<std::string> kept;
    for (const auto& digest : used) kept.insert(content_object(digest));

    std::uint64_t freed = 0;
    for (const auto& content : all) {
        if (!content.name.starts_with(content_prefix) || kept.contains(content.name)) continue;
        const auto now = co_await store_.info(content.name);  // a push may have touched it meanwhile
        if (!now || now->modified > std::chrono::system_clock::now() - spare) continue;
        try {
            co_await store_.del(content.name);
            freed += now->size;
        } catch (const boost::system::system_error& error) {
            if (!is_absent(error.code())) throw;
        }
    }
    co_await store_.purge_orphans(spare);
    co_return freed;
}

asio::awaitable<std::uint64_t> bundle_store::download(bundle_digest digest, std::filesystem::path archive,
                                                      std::stop_token stop) const {
    detail::unfinished file(detail::unfinished::kind::file, archive);
    detail::content_hash hash;
    std::uint64_t size = 0;
    try {
        auto reader = co_await store_.get(content_object(digest));
        while (const auto piece = co_await reader.next()) {
            detail::check_stop(stop);
            size += piece->size();
            detail::check_packed(size, opts_.limits);
            hash.add(*piece);
            detail::write_all(file.fd(), *piece, archive.native());
        }
    } catch (const boost::system::system_error& error) {
        if (error.code() == objects::errc::object_not_found)
            throw_error(errc::bundle_not_found, digest.text() + " is not in " + std::string(bundle_store_name));
        if (error.code() == objects::errc::corrupt || error.code() == objects::errc::is_link ||
            error.code() == objects::errc::is_store_link)
            throw_error(errc::bad_bundle, digest.text() + " as it is stored: " + error.what());
        throw;
    }
    if (hash.finish() != digest) throw_error(errc::bad_bundle, digest.text() + " as it is stored has another digest");
    file.finish();
    co_return size;
}

asio::awaitable<std::string> bundle_store::why_not_found(image_name asked) const {
    std::string there;
    for (const auto& one : co_await list())
        if (one.name.path == asked.path) there.append(there.empty() ? "" : ", ").append(one.name.text());
    if (there.empty()) co_return how_to_push(asked);
    co_return "no bundle is \"" + asked.text() + "\"; of that path there is " + there + ": say which";
}

std::string how_to_push(const image_name& asked) {
    auto name = asked;
    name.digest.reset();
    return "no bundle is \"" + asked.text() + "\"; push one: mote bundle push " + name.text() + " DIRECTORY";
}

}  // namespace mote::functions
