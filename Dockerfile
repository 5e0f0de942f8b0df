FROM node:24-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY workers/assets.mjs workers/
COPY static static
COPY templates templates
COPY app app
RUN npm run build

FROM python:3.11-slim AS packages
COPY requirements-production.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-production.lock

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0 MEDIA_DIR=/media
RUN useradd --system --uid 10001 syncstore && install -d -o syncstore /media
WORKDIR /srv/syncstore
COPY --from=packages /venv /venv
COPY wsgi.py Procfile ./
COPY app app
COPY workers workers
COPY migrations migrations
COPY templates templates
COPY --from=assets /build/static static
RUN python -m compileall -q app workers
USER syncstore
EXPOSE 8000
CMD ["gunicorn", "-c", "workers/gunicorn_conf.py", "wsgi:app"]
