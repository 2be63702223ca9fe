#include <mote/functions/secret_store.hpp>

#include <mote/functions/error.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace mote::functions {
namespace {

namespace asio = boost::asio;

constexpr std::string_view public_key_entry = "_sealing_key";  // has no dot: no secret's key
constexpr int change_tries = 20;                               // against others who change the same secret

/// Wiped whatever comes. Not to be moved: short strings leave their bytes behind.
class wiped_text {
public:
    explicit wiped_text(std::string& text) noexcept : text_(text) {}
    wiped_text(const wiped_text&) = delete;
    wiped_text& operator=(const wiped_text&) = delete;
    ~wiped_text() { wipe(text_); }

private:
    std::string& text_;
};

void check_name(const secret_name& name) {
    if (!is_function_name(name.space)) throw_error(errc::bad_name, "the namespace of a secret");
    if (!is_secret_name(name.name)) throw_error(errc::bad_name, "of a secret");
}

/// Ends well, or throws after more tries than luck explains.
void check_tries(int tries, const secret_name& name) {
    if (tries == change_tries) throw_error(errc::wrong_revision, name.key());
}

asio::awaitable<sealing_public_key> published_key(kv::bucket bucket) {
    const auto found = co_await bucket.get(std::string(public_key_entry));
    if (!found) throw_error(errc::no_sealing_key, "is a node running?");
    co_return sealing_public_key::parse(found->value);
}

asio::awaitable<std::string> sealed_value(kv::bucket bucket, const secret_name& name, std::string& value) {
    const wiped_text at_the_end(value);
    check_name(name);
    if (value.size() > secret_store::max_size) throw_error(errc::secret_too_large, name.key() + ": above 512 KiB");
    const auto key = co_await published_key(std::move(bucket));
    co_return key.seal(value, name.key());
}

}  // namespace

secret_name secret_name::parse(std::string_view name, std::string_view space) {
    secret_name made;
    made.name = name;
    if (!space.empty()) made.space = space;
    check_name(made);
    return made;
}

asio::awaitable<secret_store> secret_store::open(jetstream::context js) {
    kv::bucket_config config;
    config.bucket = bucket_name;
    config.description = "Secrets of functions, sealed for the nodes";
    auto bucket = co_await kv::bucket::create_or_open(std::move(js), std::move(config));
    co_return secret_store(std::move(bucket));
}

asio::awaitable<void> secret_store::create(secret_name name, std::string value) const {
    const auto bucket = bucket_;
    auto sealed = co_await sealed_value(bucket, name, value);
    const auto made = co_await bucket.create(name.key(), std::move(sealed));
    if (made.has_value()) co_return;
    if (made.error() != kv::errc::key_exists) throw boost::system::system_error(made.error());
    throw_error(errc::secret_exists, name.key());
}

asio::awaitable<void> secret_store::update(secret_name name, std::string value) const {
    const auto bucket = bucket_;
    const auto sealed = co_await sealed_value(bucket, name, value);
    for (int tries = 0;; ++tries) {
        check_tries(tries, name);
        const auto present = co_await bucket.get(name.key());
        if (!present) throw_error(errc::secret_not_found, name.key());
        const auto changed = co_await bucket.update(name.key(), sealed, present->revision);
        if (changed.has_value()) co_return;
        if (changed.error() != kv::errc::wrong_revision) throw boost::system::system_error(changed.error());
    }
}

asio::awaitable<void> secret_store::remove(secret_name name) const {
    const auto bucket = bucket_;
    check_name(name);
    for (int tries = 0;; ++tries) {
        check_tries(tries, name);
        const auto present = co_await bucket.get(name.key());
        if (!present) throw_error(errc::secret_not_found, name.key());
        const auto removed = co_await bucket.del(name.key(), present->revision);
        if (removed.has_value()) co_return;
        if (removed.error() != kv::errc::wrong_revision) throw boost::system::system_error(removed.error());
    }
}

asio::awaitable<std::vector<std::string>> secret_store::list(std::string space) const {
    const auto bucket = bucket_;
    if (!is_function_name(space)) throw_error(errc::bad_name, "a namespace");
    const auto keys = co_await bucket.keys(space + ".>");
    std::vector<std::string> names;
    for (const auto& key : keys) {
        auto name = key.substr(space.size() + 1);
        if (is_secret_name(name)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    co_return names;
}

asio::awaitable<void> secret_store::publish_key(sealing_public_key key) const {
    const auto bucket = bucket_;
    const auto made = co_await bucket.create(std::string(public_key_entry), key.text());
    if (made.has_value()) co_return;
    if (made.error() != kv::errc::key_exists) throw boost::system::system_error(made.error());
    const auto present = co_await published_key(bucket);
    if (present != key)
        throw_error(errc::other_sealing_key, "this node has " + key.text() + " and not " + present.text() +
                                                 ": all nodes need a copy of the same key file");
}

asio::awaitable<std::string> secret_store::read(secret_name name, sealing_key key) const {
    const auto bucket = bucket_;
    check_name(name);
    const auto found = co_await bucket.get(name.key());
    if (!found) throw_error(errc::secret_not_found, name.key());
    co_return key.open(found->value, name.key());
}

}  // namespace mote::functions
