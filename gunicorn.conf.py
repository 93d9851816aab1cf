"""How gunicorn serves Flux. Every value may be overridden on gunicorn's command line."""

import os

_redis = os.environ.get("FLUX_REDIS_URL", "")

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or (2 if _redis else 1))
threads = 8
timeout = 120
graceful_timeout = 60  # a small file's import may end; one that is killed is taken over by a worker
keepalive = 30
limit_request_line = 8190  # bytes; an address may name many profiles
control_socket_disable = True  # gunicorn 27 opens one in the home folder otherwise
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# The path alone: a query (%(r)s, %(q)s) or a Referer (%(f)s) may hold a key.
accesslog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms %({x-request-id}o)s "%(a)s"'


def nworkers_changed(server, new_value, old_value):
    """Holds one process where there is no Redis, whoever asks for more: command line, setting or signal.

    Quotas are counted in memory then, and the memory of several processes would grant each its own.
    """
    if new_value is not None and new_value > 1 and not _redis:
        server.log.warning(
            "%s worker processes were asked for, but FLUX_REDIS_URL is not set: quotas are exact across"
            " processes only with Redis. Serving with 1 process and %s threads.",
            new_value,
            server.cfg.threads,
        )
        server.cfg.set("workers", 1)
        server.num_workers = 1
