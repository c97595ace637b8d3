# JupyterLab with the package, the notebooks and the sample, ready to run and in need of no network:
#     docker build --tag notebook_seg .
#     docker run -p 8888:8888 -v "$PWD:/home/jovyan/work" notebook_seg
# docker/README.md tells the rest: GPUs, other users, pushing.

# For GPUs: --build-arg BASE_IMAGE=quay.io/jupyter/tensorflow-notebook:cuda-2026-09-01
#           --build-arg EXTRAS=lab,dask,hub,bioimageio,gpu
ARG BASE_IMAGE=quay.io/jupyter/tensorflow-notebook:2026-09-01


FROM ${BASE_IMAGE} AS build
USER 0
WORKDIR /build
COPY docker/requirements.py setup.cfg ./
ARG EXTRAS=lab,dask,hub,bioimageio
RUN python requirements.py "${EXTRAS}" > requirements.txt
COPY LICENSE README.md pyproject.toml setup.cfg source/
COPY notebook_seg source/notebook_seg
RUN pip wheel --no-cache-dir --no-deps --wheel-dir wheels ./source


FROM ${BASE_IMAGE} AS runtime
USER 0
# The libraries have a layer of their own, which stays as it is until a requirement changes.
COPY --from=build /build/requirements.txt /opt/notebook_seg/
RUN mkdir -p "${CONDA_DIR}" \
    && pip install --no-cache-dir --root-user-action=ignore \
        --requirement /opt/notebook_seg/requirements.txt \
    && fix-permissions "${CONDA_DIR}"
COPY --from=build /build/wheels /opt/notebook_seg/
RUN pip install --no-cache-dir --root-user-action=ignore --no-deps --no-index \
        /opt/notebook_seg/*.whl \
    && fix-permissions "${CONDA_DIR}"


FROM runtime AS weights
USER 0
COPY docker /build/docker
ARG ENCODERS=mobilenetv2
RUN python /build/docker/fetch_weights.py /build/weights "${ENCODERS}"


FROM runtime
COPY docker/jupyter_lab_config.py /etc/jupyter/
COPY docker/page_config.json /etc/jupyter/labconfig/
COPY docker/healthcheck.py /usr/local/bin/notebook-seg-healthcheck
COPY docker/start /usr/local/bin/start-notebook-seg
# The quickstart writes to work/ beside it, where the user's folder is mounted.
COPY --chown=${NB_UID}:${NB_GID} notebooks/*.ipynb /home/${NB_USER}/
COPY --chown=${NB_UID}:${NB_GID} --from=weights /build/weights /home/${NB_USER}/.keras/models/
RUN mkdir -p "/home/${NB_USER}/work" \
    && chown "${NB_UID}:${NB_GID}" "/home/${NB_USER}/work" "/home/${NB_USER}/.keras" \
    # Whoever starts the container under another number, in the group users, may write here too.
    && fix-permissions "/home/${NB_USER}"

# The base image says which number that is.
# hadolint ignore=DL3066
USER ${NB_UID}
WORKDIR /home/${NB_USER}
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
    CMD ["notebook-seg-healthcheck"]
CMD ["start-notebook-seg"]

ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="notebook_seg" \
      org.opencontainers.image.description="Label, train, inspect and predict: segmentation of your own photographs in a Jupyter notebook" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
