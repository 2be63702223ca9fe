#include <mote/kv/key_codec.hpp>

#include <mote/kv/error.hpp>
#include <mote/nats/base64url.hpp>

#include <algorithm>

namespace mote::kv {

std::optional<std::string> key_codec::encode_filter(std::string_view /*filter*/) const { return std::nullopt; }

namespace {

/// Calls `each(token, last)` for the tokens of `text`, which dots divide.
template <class Each>
void for_each_token(std::string_view text, Each each) {
    for (;;) {
        const auto dot = text.find('.');
        const bool last = dot == std::string_view::npos;
        each(text.substr(0, dot), last);
        if (last) return;
        text.remove_prefix(dot + 1);
    }
}

class base64_tokens final : public key_codec {
public:
    std::string encode(std::string_view key) const override {
        std::string stored;
        for_each_token(key, [&](std::string_view token, bool last) {
            stored += nats::encode_base64url(token);
            if (!last) stored += '.';
        });
        return stored;
    }

    std::optional<std::string> decode(std::string_view stored) const override {
        std::optional<std::string> key(std::in_place);
        for_each_token(stored, [&](std::string_view token, bool last) {
            const auto bytes = nats::decode_base64url(token);
            if (!bytes || bytes->empty() || bytes->find('.') != std::string::npos) key.reset();
            if (key) key->append(*bytes).append(last ? "" : ".");
        });
        return key;
    }

    std::optional<std::string> encode_filter(std::string_view filter) const override {
        std::string stored;
        for_each_token(filter, [&](std::string_view token, bool last) {
            const bool wild = token == "*" || (last && token == ">");
            stored += wild ? std::string(token) : nats::encode_base64url(token);
            if (!last) stored += '.';
        });
        return stored;
    }
};

class base64_whole final : public key_codec {
public:
    std::string encode(std::string_view key) const override { return nats::encode_base64url(key); }
    std::optional<std::string> decode(std::string_view stored) const override { return nats::decode_base64url(stored); }
};

class paths final : public key_codec {
public:
    std::string encode(std::string_view key) const override {
        if (key == "/") return std::string(root);
        const bool absolute = key.starts_with('/');
        const auto path = absolute ? key.substr(1) : key;
        const bool like_root = !absolute && (path == root || (path.starts_with(root) && path[root.size()] == '/'));
        const bool returns = !path.empty() && !path.starts_with('/') && !path.ends_with('/') && !like_root &&
                             path.find("//") == std::string_view::npos && path.find('.') == std::string_view::npos;
        if (!returns) throw_error(errc::bad_key, "'" + std::string(key) + "' is no path that is stored as it is");
        std::string stored;
        if (absolute) stored.append(root).append(".");
        stored += path;
        std::replace(stored.begin(), stored.end(), '/', '.');
        return stored;
    }

    std::optional<std::string> decode(std::string_view stored) const override {
        if (stored == root) return "/";
        if (stored.find('/') != std::string_view::npos) return std::nullopt;  // that would be another key's
        std::string key;
        if (stored.starts_with(root) && stored[root.size()] == '.') {
            key = '/';
            stored.remove_prefix(root.size() + 1);
        }
        key += stored;
        std::replace(key.begin(), key.end(), '.', '/');
        return key;
    }

    /// Wildcards are whole parts of a path, and stay as they are.
    std::optional<std::string> encode_filter(std::string_view filter) const override { return encode(filter); }

private:
    static constexpr std::string_view root = "_root_";
};

}  // namespace

std::shared_ptr<const key_codec> base64_token_codec() { return std::make_shared<base64_tokens>(); }
std::shared_ptr<const key_codec> base64_key_codec() { return std::make_shared<base64_whole>(); }
std::shared_ptr<const key_codec> path_codec() { return std::make_shared<paths>(); }

}  // namespace mote::kv
