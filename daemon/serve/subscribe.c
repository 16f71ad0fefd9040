/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells clients of changes. What they hear of is what they could ask for: see struct change. */
#include "daemon/serve/subscribe.h"

#include <errno.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/serve/client.h"

/* The event loop comes to it when the change is complete, and all that come together go together.
 */
static int on_push(sd_event_source *source, void *user)
{
    struct subscribers *subscribers = &((struct daemon *)user)->subscribers;
    struct client *client = TAILQ_FIRST(&subscribers->clients);

    (void)source;
    while (client) {
        struct client *next = TAILQ_NEXT(client, wait_link);

        if (client->state == CLIENT_SUBSCRIBED)
            subscribe_push(client);
        client = next;
    }
    return 0;
}

int subscribers_start(struct daemon *daemon)
{
    struct subscribers *subscribers = &daemon->subscribers;
    int r;

    TAILQ_INIT(&subscribers->clients);
    r = sd_event_add_defer(daemon->event, &subscribers->push, on_push, daemon);
    if (r >= 0)
        r = sd_event_source_set_enabled(subscribers->push, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void subscribers_stop(struct daemon *daemon)
{
    daemon->subscribers.push = sd_event_source_disable_unref(daemon->subscribers.push);
}

void subscribers_kick(struct subscribers *subscribers)
{
    if (subscribers->push && !TAILQ_EMPTY(&subscribers->clients))
        sd_event_source_set_enabled(subscribers->push, SD_EVENT_ONESHOT);
}

/* True where CLIENT would be one too many: of all, or of one user, who may be a quarter. */
static bool is_over_limit(const struct daemon *daemon, const struct client *client)
{
    const struct subscribers *subscribers = &daemon->subscribers;
    const size_t max = daemon->options->max_subscribers;
    const struct client *other;
    size_t n = 0;

    if (subscribers->n_clients >= server_share(max, client->trusted))
        return true;
    TAILQ_FOREACH(other, &subscribers->clients, wait_link)
    {
        n += other->peer.uid == client->peer.uid;
    }
    return !client->trusted && n >= (max + 3) / 4;
}

void subscribe_begin(struct daemon *daemon, struct client *client)
{
    struct subscribers *subscribers = &daemon->subscribers;
    struct wire_subscribe_reply reply = {.generation = daemon->service.generation};

    if (is_over_limit(daemon, client)) {
        client_refuse(client, WIRE_LIMIT, "there are %zu subscribers (--max-subscribers)",
                      subscribers->n_clients);
        return;
    }
    client->subscribed = true;
    client->seen = daemon->service.changes.n;
    TAILQ_INSERT_TAIL(&subscribers->clients, client, wait_link);
    subscribers->n_clients++;
    client_reply(client, &reply, sizeof(reply), -1);
}

void subscribe_end(struct client *client)
{
    struct subscribers *subscribers = &client->daemon->subscribers;

    TAILQ_REMOVE(&subscribers->clients, client, wait_link);
    subscribers->n_clients--;
    client->subscribed = false;
}

/* Fills PACKET with what CLIENT hears of CHANGE. Returns false where that is nothing. */
static bool tell(const struct client *client, const struct change *change,
                 struct wire_change *packet)
{
    packet->generation = change->generation;
    memcpy(packet->name, change->name, sizeof(packet->name));
    if (entry_access_allows(&change->after, &client->peer)) {
        packet->kind = change->kind;
        memcpy(packet->digest, change->digest, DIGEST_SIZE);
        return true;
    }
    packet->kind = WIRE_CHANGE_GONE;
    return entry_access_allows(&change->before, &client->peer);
}

/* Fills PACKET with the next thing that CLIENT is to hear, and moves it on. Returns false where
 * there is nothing. */
static bool next_packet(struct client *client, struct wire_change *packet, uint64_t *seen)
{
    const struct changes *changes = &client->daemon->service.changes;

    *packet = (struct wire_change){0};
    wire_reply_header(&packet->header, &client->request.header, WIRE_OK, sizeof(*packet));
    *seen = client->seen;
    if (changes->n - *seen > CHANGES_KEPT) {
        packet->generation = client->daemon->service.generation;
        packet->kind = WIRE_CHANGE_LOST;
        *seen = changes->n;
        return true;
    }
    while (*seen < changes->n)
        if (tell(client, &changes->ring[(*seen)++ % CHANGES_KEPT], packet))
            return true;
    client->seen = *seen;
    return false;
}

void subscribe_push(struct client *client)
{
    struct wire_change packet;
    uint64_t seen;

    while (next_packet(client, &packet, &seen)) {
        int r = client_push(client, &packet, sizeof(packet));

        if (r != 0)
            return;
        client->seen = seen;
    }
}
